/**
 * What guards report: how often each credential was used, and which ones they refused. A guard is trusted in what it saw, never
 * in who owns a credential: that is looked up here. A report creates nothing; what does not exist is dropped.
 */
import { permits } from '@keyhouse/protocol';
import { detailsOf, type Shape, showable, showablePath } from '../audit/decision.ts';
import type { Actor, PersonalData } from '../audit/event.ts';
import type { RefusalRecorder } from '../audit/refusals.ts';
import { type Caller, isOpaque, type OpaqueCaller, type RefusedCredential, type Verdict } from '../caller.ts';
import type { Credential, CredentialsStore } from '../credentials/credential.ts';
import { type Digested, refusedCredential } from '../credentials/verify.ts';
import { type Clock, DAY_MS, MINUTE_MS } from '../lib/clock.ts';
import type { UseRecorder } from './use-recorder.ts';

/** Whose request it was, as the credential told the guard. */
export type Subject =
  | { readonly kind: 'token' | 'key'; readonly credentialId: number }
  | { readonly kind: 'jwt'; readonly credentialId: number }
  | { readonly kind: 'session'; readonly clientId: string; readonly sessionId: string }
  | { readonly kind: 'application'; readonly clientId: string };

export interface ReportedUse {
  readonly subject: Subject;
  /** All that the request needed; empty on a public route. */
  readonly permissions: readonly string[];
  /** The guard's answer; 200: the request was let through. */
  readonly status: number;
  readonly count: number;
  readonly lastUsedAtMs: number;
  readonly address: string | null;
  readonly userAgent: string | null;
}

export interface ReportedRefusal {
  readonly requestId: string;
  readonly atMs: number;
  readonly reason: string;
  readonly subject: Subject | null;
  /** What was presented, if the guard was told only that it is not valid. */
  readonly presented: Digested | null;
  readonly method: string | null;
  readonly path: string;
  readonly wanted: readonly string[];
  /** Null: everything, or the guard cannot tell. */
  readonly held: readonly string[] | null;
  readonly address: string | null;
  readonly userAgent: string | null;
}

export interface UsageReport {
  readonly batch: string;
  readonly uses: readonly ReportedUse[];
  readonly refusals: readonly ReportedRefusal[];
  /** Refusals that are reported only by their reason. */
  readonly counts: readonly { readonly reason: string; readonly count: number }[];
}

/** Of a session or an application: what is known of its owner. */
export interface HolderOfSession {
  readonly clientId: string;
  readonly accountId: number;
  readonly userId: number;
  readonly permissions: readonly string[];
}

export interface UsagePorts {
  readonly credentials: Pick<CredentialsStore, 'findCredentials'>;
  /** Why a credential that was presented elsewhere is not valid, and whose it is. */
  readonly recognize: (presented: Digested) => Promise<Verdict>;
  readonly use: Pick<UseRecorder, 'add' | 'addPermission'>;
  readonly refusals: Pick<RefusalRecorder, 'record' | 'count'>;
  readonly findSessions: (ids: readonly string[]) => Promise<ReadonlyMap<string, HolderOfSession>>;
  /** The account of an application; null: it does not exist. */
  readonly findApplication: (clientId: string) => Promise<{ readonly accountId: number } | null>;
  readonly seeSession: (id: string, atMs: number) => void;
  readonly permissionExists: (name: string) => boolean;
  readonly networkOf: (address: string) => string;
  readonly clock: Clock;
}

/** Batches are remembered for this long: a guard that got no answer sends the same one again. */
const REMEMBER_BATCH_MS = 10 * MINUTE_MS;
const MAX_BATCHES = 50_000;
const MAX_USER_AGENT = 200;
const OLDEST_MS = DAY_MS;

/** What the server itself knows of those that a report names. */
interface Known {
  readonly credentials: ReadonlyMap<number, Credential>;
  readonly sessions: ReadonlyMap<string, HolderOfSession>;
  readonly applications: ReadonlyMap<string, { readonly accountId: number }>;
  readonly verdicts: ReadonlyMap<Digested, Verdict>;
}

export function createUsage(ports: UsagePorts): (guard: OpaqueCaller, report: UsageReport) => Promise<void> {
  const isNew = createBatches(ports.clock);
  return async (guard, report) => {
    // Recorded only after its names were read: if the store is unreachable, no batch may be lost.
    const known = await lookUp(ports, report);
    if (!isNew(`${guard.credentialId}:${report.batch}`)) return;
    for (const use of report.uses) addUse(ports, known, use);
    for (const refusal of report.refusals) addRefusal(ports, known, guard, refusal);
    for (const { reason, count } of report.counts) ports.refusals.count(reason, count);
  };
}

/** One query for all credentials and one for all sessions; applications are in a cache. */
async function lookUp(ports: UsagePorts, { uses, refusals }: UsageReport): Promise<Known> {
  const subjects = [...uses, ...refusals].flatMap(({ subject }) => subject ?? []);
  const credentialIds = new Set(subjects.flatMap((subject) => ('credentialId' in subject ? subject.credentialId : [])));
  const sessionIds = new Set(subjects.flatMap((subject) => ('sessionId' in subject ? subject.sessionId : [])));
  const clientIds = new Set(subjects.flatMap((subject) => (subject.kind === 'application' ? subject.clientId : [])));
  const presented = refusals.flatMap((refusal) => refusal.presented ?? []);
  const [credentials, sessions, applications, verdicts] = await Promise.all([
    ports.credentials.findCredentials([...credentialIds]),
    ports.findSessions([...sessionIds]),
    Promise.all([...clientIds].map(async (id) => [id, await ports.findApplication(id)] as const)),
    Promise.all(presented.map(async (digested) => [digested, await ports.recognize(digested)] as const)),
  ]);
  return {
    credentials: new Map(credentials.map((credential) => [credential.id, credential])),
    sessions,
    applications: new Map(applications.flatMap(([id, found]) => (found === null ? [] : [[id, found] as const]))),
    verdicts: new Map(verdicts),
  };
}

/** Null: it does not exist, or is of another kind. */
function findCredential({ credentials }: Known, subject: Subject): Credential | null {
  if (!('credentialId' in subject)) return null;
  const credential = credentials.get(subject.credentialId);
  return credential?.kind === (subject.kind === 'token' ? 'token' : 'key') ? credential : null;
}

function findSession({ sessions }: Known, subject: Subject): HolderOfSession | null {
  if (subject.kind !== 'session') return null;
  const session = sessions.get(subject.sessionId);
  return session?.clientId === subject.clientId ? session : null;
}

function addUse(ports: UsagePorts, known: Known, use: ReportedUse): void {
  const { subject, permissions, status, count } = use;
  if (status !== 200) {
    ports.refusals.count(REASON_OF_STATUS[status] ?? 'other', count);
    return;
  }
  const atMs = clamp(ports.clock, use.lastUsedAtMs);
  if (subject.kind === 'session') {
    if (findSession(known, subject) !== null) ports.seeSession(subject.sessionId, atMs);
    return;
  }
  const credential = findCredential(known, subject);
  if (credential === null) return;
  // A secret that did not exist yet was not used.
  const usedAtMs = Math.max(atMs, credential.createdAtMs);
  ports.use.add(credential.id, count, { address: use.address, userAgent: showableAgent(use.userAgent) }, usedAtMs);
  for (const permission of new Set(permissions))
    if (ports.permissionExists(permission)) ports.use.addPermission(credential.id, permission, count, usedAtMs);
}

/** What the status of a guard's answer means. */
const REASON_OF_STATUS: Readonly<Record<number, string>> = { 401: 'unauthenticated', 403: 'forbidden', 503: 'unavailable' };

function addRefusal(ports: UsagePorts, known: Known, guard: OpaqueCaller, refusal: ReportedRefusal): void {
  const { subject, presented, method, path, wanted, requestId } = refusal;
  const verdict = presented === null ? null : (known.verdicts.get(presented) ?? null);
  const { reason, why } = readReason(reasonOf(refusal.reason, verdict));
  const person: PersonalData = {
    ...(refusal.address === null ? {} : { address: refusal.address }),
    ...(refusal.userAgent === null ? {} : { userAgent: showable(refusal.userAgent, MAX_USER_AGENT) }),
    path: showablePath(path),
  };
  const refused = subject === null ? holderOf(verdict) : narrowed(refusedOf(known, subject), refusal.held);
  const lacking = why ?? (reason === 'forbidden' ? (wanted.find((name) => !holds(refused, name)) ?? null) : null);
  const shape = refused === null ? shapeOf(refusal) : null;
  const about = refused === null ? { actor: 'anonymous' as const, subject: null } : aboutOf(refused);
  const network = refusal.address === null ? '' : ports.networkOf(refusal.address);
  ports.refusals.record({
    event: 'request.refused',
    reason,
    atMs: clamp(ports.clock, refusal.atMs),
    by: { actor: about.actor, requestId, person },
    subject: about.subject,
    ...(refused === null ? { stranger: { network, isBlank: reason === 'missing' } } : {}),
    details: detailsOf(
      { ...(shape === null ? {} : { shape }), method, wanted, lacking, guardKeyId: guard.credentialId },
      refused,
    ),
  });
}

/** `forbidden_no_route`: the path or the method could not be judged; no permission was missing. */
const readReason = (text: string): { readonly reason: string; readonly why: string | null } =>
  text.startsWith('forbidden_') ? { reason: 'forbidden', why: text.slice('forbidden_'.length) } : { reason: text, why: null };

const holds = (refused: RefusedCredential | null, name: string): boolean =>
  refused !== null && permits(refused.permissions, name);

/** Whose it is, as we know it; a minted JWT counts for its key, whatever the guard saw of it. */
function refusedOf(known: Known, subject: Subject): RefusedCredential | null {
  const credential = findCredential(known, subject);
  if (credential !== null) return { ...refusedCredential(credential), kind: subject.kind };
  const session = findSession(known, subject);
  if (session !== null && subject.kind === 'session') {
    const { accountId, userId, permissions } = session;
    return { ...OF_APPLICATION, kind: 'session', clientId: subject.clientId, accountId, userId, permissions };
  }
  const application = subject.kind === 'application' ? known.applications.get(subject.clientId) : undefined;
  if (application === undefined || subject.kind !== 'application') return null;
  return { ...OF_APPLICATION, kind: 'application', clientId: subject.clientId, accountId: application.accountId, userId: null };
}

/** A JWT may hold less than its key, and only the guard has read it; if it claims more than we know of, that is not believed. */
function narrowed(refused: RefusedCredential | null, held: readonly string[] | null): RefusedCredential | null {
  if (refused === null || held === null || refused.kind === 'token' || refused.kind === 'key') return refused;
  const { permissions } = refused;
  const isTheirs = (name: string): boolean => permissions === null || permissions.includes(name) || permits(permissions, name);
  return { ...refused, permissions: held.filter(isTheirs) };
}

const OF_APPLICATION = {
  ...{ credentialId: null, permissions: null, expiresAtMs: null, addresses: null, environment: 'live' as const },
};

/**
 * The guard was told `inactive`; the reason is known here. Reasons that do not apply any more are not checked again: the
 * credential was not valid then.
 */
const reasonOf = (told: string, verdict: Verdict | null): string =>
  verdict === null || verdict.ok || told !== 'inactive' ? told : verdict.reason;

const holderOf = (verdict: Verdict | null): RefusedCredential | null =>
  verdict === null ? null : verdict.ok ? callerAsRefused(verdict.caller) : verdict.refused;

function callerAsRefused(caller: Caller): RefusedCredential | null {
  if (!isOpaque(caller)) return null;
  const { kind, credentialId, accountId, userId, permissions, expiresAtMs, addresses, environment } = caller;
  return { kind, credentialId, accountId, userId, permissions, expiresAtMs, addresses, environment };
}

function shapeOf({ reason, subject, presented }: ReportedRefusal): Shape | null {
  if (presented !== null) return presented.kind;
  if (subject !== null) return subject.kind === 'token' || subject.kind === 'key' ? subject.kind : 'jwt';
  if (reason === 'missing') return 'none';
  return reason === 'malformed' ? 'malformed' : null;
}

function aboutOf({ kind, credentialId, clientId, accountId, userId }: RefusedCredential) {
  const actor: Actor =
    credentialId === null ? `application:${clientId ?? ''}` : `${kind === 'token' ? 'token' : 'key'}:${credentialId}`;
  const subject = { ...(credentialId === null ? {} : { credentialId }), accountId, ...(userId === null ? {} : { userId }) };
  return { actor, subject };
}

const showableAgent = (text: string | null): string | null => (text === null ? null : showable(text, MAX_USER_AGENT));

/** Clocks differ, and what is a day old is not news: nothing is moved into the future, nothing rewritten in the past. */
function clamp(clock: Clock, atMs: number): number {
  const nowMs = clock.now();
  return Math.min(Math.max(atMs, nowMs - OLDEST_MS), nowMs);
}

function createBatches(clock: Clock): (batch: string) => boolean {
  const seen = new Map<string, number>();
  return (batch) => {
    const nowMs = clock.now();
    // In the order they came, so the oldest are first.
    for (const [old, atMs] of seen) {
      if (atMs > nowMs - REMEMBER_BATCH_MS && seen.size < MAX_BATCHES) break;
      seen.delete(old);
    }
    if (seen.has(batch)) return false;
    seen.set(batch, nowMs);
    return true;
  };
}
