/** The audit log: that of an account for its members, the whole log for administrators; on pages, as a file, and its chain. */
import { setImmediate as breathe } from 'node:timers/promises';
import { type AuditFilter, type AuditSubject, EVENT_NAMES, type ListedEvent } from '../../../core/audit/event.ts';
import { explainRefusal } from '../../../core/audit/explain.ts';
import { readAudit, readWholeAudit } from '../../../core/audit/read.ts';
import { AUDIT_FAULT_SENTENCES, type AuditVerdict, verifyAudit } from '../../../core/audit/verify.ts';
import type { Keyhouse } from '../../../core/keyhouse.ts';
import { includesRole, mayKnowWhereUsed, type Role } from '../../../core/teams/member.ts';
import type { Account } from '../../../core/users/account.ts';
import { invalid } from '../../faults.ts';
import { readDate } from '../../read-date.ts';
import { toTimestamp } from '../../schemas.ts';
import type { Api } from '../api/index.ts';
import { csvJson, csvRecord } from '../csv.ts';
import { readPage } from '../page.ts';
import type { DashboardPorts, FileAnswer, Serve } from '../serve.ts';

type Row = Api['GET /accounts/:account/audit']['answer']['events'][number];
type Search = Omit<Api['GET /accounts/:account/audit']['query'], 'before' | 'limit'>;

/** What part of the log is shown, and who may know whom. */
interface View {
  readonly subject: AuditSubject;
  /** Only its members may be known by address; null: an administrator may see every name. */
  readonly membersOf: Pick<Account, 'id' | 'kind'> | null;
  readonly reader: Reader;
  /** Of the account whose log it is. */
  readonly accountName: string | null;
}

/**
 * Who reads the log. The address that a member acts from is shown to those who manage members, and to the member; the address
 * that a credential is used from also to developers.
 */
interface Reader {
  readonly userId: number;
  /** Null: an administrator. */
  readonly role: Role | null;
}

/** Names of accounts are looked up one by one, so only for few entries: for those that were asked for by the ID of a request. */
const FEW = 10;

export function auditRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const { audit } = keyhouse;
  const ports = { audit, breathe: (): Promise<void> => breathe() };

  const viewOf = (
    account: {
      readonly id: number;
      readonly kind: 'operator' | 'personal' | 'team';
      readonly name: string;
      readonly role: Role;
    },
    userId: number,
  ): View => ({
    subject: { accountId: account.id },
    membersOf: account,
    reader: { userId, role: account.role },
    accountName: account.name,
  });
  const page = async (view: View, query: Api['GET /accounts/:account/audit']['query'], turn: () => Promise<void>) => {
    const { events, nextId } = await readAudit(
      { audit, breathe: turn },
      { ...readSearch(query), ...view.subject, ...readPage(query) },
    );
    return { events: await describe(keyhouse, view, events), next: nextId === null ? null : String(nextId) };
  };
  const file = (view: View, { format, ...search }: Search & { format: 'csv' | 'jsonl' }): FileAnswer => {
    const filter = { ...readSearch(search), ...view.subject };
    const rows = (async function* () {
      for await (const events of readWholeAudit(ports, filter)) yield await describe(keyhouse, view, events);
    })();
    const day = new Date(keyhouse.clock.now()).toISOString().slice(0, 10);
    return format === 'csv'
      ? { name: `audit-${day}.csv`, type: 'text/csv', pieces: toCsv(rows) }
      : { name: `audit-${day}.jsonl`, type: 'application/x-ndjson', pieces: toJsonLines(rows) };
  };

  serve('GET /accounts/:account/audit', ({ account, query, signIn, turn }) => page(viewOf(account, signIn.user.id), query, turn));
  serve('GET /accounts/:account/audit/export', ({ account, query, signIn }) => file(viewOf(account, signIn.user.id), query));

  serve('GET /operator/audit', async ({ query: { account, user, ...query }, turn }) => ({
    ...(await page(wholeLog(account, user), query, turn)),
    head: await audit.head(),
  }));
  serve('GET /operator/audit/export', ({ query: { account, user, ...query } }) => file(wholeLog(account, user), query));

  // However many ask, only one check of the chain runs at a time; in steps, between which others have their turn.
  let verifying: Promise<AuditVerdict> | null = null;
  const verifyInSteps = (): Promise<AuditVerdict> =>
    verifyAudit({
      head: audit.head,
      chained: async (after, limit) => {
        await breathe();
        return audit.chained(after, limit);
      },
    }).finally(() => {
      verifying = null;
    });
  serve('POST /operator/audit/verify', async () => {
    verifying ??= verifyInSteps();
    const verdict = await verifying;
    if (verdict.ok) return { intact: true, checked: verdict.entries, fault: null };
    const fault = `Entry ${verdict.number} is broken: ${AUDIT_FAULT_SENTENCES[verdict.fault]}.`;
    return { intact: false, checked: verdict.number - 1, fault };
  });
}

const wholeLog = (account: string | undefined, user: string | undefined): View => ({
  subject: {
    ...(account === undefined ? {} : { accountId: Number(account) }),
    ...(user === undefined ? {} : { userId: Number(user) }),
  },
  membersOf: null,
  reader: { userId: 0, role: null },
  accountName: null,
});

const ACTOR = /^(?:(?:user|token|key):[1-9]\d{0,14}|jwt:[A-Za-z0-9_-]{1,64}|operator|server|anonymous)$/;

function readSearch({ event, actor, credential, request_id, since, until }: Search): Omit<AuditFilter, 'limit'> {
  const name = EVENT_NAMES.find((each) => each === event);
  if (event !== undefined && name === undefined) throw invalid('event', 'No event has this name.');
  if (actor !== undefined && !ACTOR.test(actor))
    throw invalid('actor', 'Write an actor as user:7, token:12, key:12 or operator.');
  if (request_id !== undefined && !/^[\x21-\x7e]*$/.test(request_id))
    throw invalid('request_id', 'This is not a valid request ID.');
  return {
    ...(name === undefined ? {} : { event: name }),
    ...(actor === undefined ? {} : { actor }),
    ...(credential === undefined ? {} : { credentialId: Number(credential) }),
    ...(request_id === undefined ? {} : { requestId: request_id }),
    ...(since === undefined ? {} : { sinceMs: readMoment('since', since) }),
    ...(until === undefined ? {} : { untilMs: readMoment('until', until) }),
  };
}

function readMoment(field: string, text: string): number {
  const ms = readDate(text);
  if (Number.isNaN(ms)) throw invalid(field, `The ${field} field must be a date such as 2027-11-22T00:00:00Z.`);
  return ms;
}

async function describe(
  keyhouse: Keyhouse,
  { subject, membersOf, reader, accountName }: View,
  events: readonly ListedEvent[],
): Promise<Row[]> {
  const actors = events.map(({ actor }) => readActor(actor));
  const users = [
    ...new Set([
      ...actors.flatMap((actor) => (actor.kind === 'user' ? [actor.id] : [])),
      ...events.flatMap(({ userId }) => (userId === null ? [] : [userId])),
    ]),
  ];
  const members = membersOf === null ? null : await keyhouse.teams.membersAmong(membersOf, users);
  const names = await keyhouse.audit.namesOf({
    users,
    credentials: [
      ...new Set([
        ...actors.flatMap((actor) => (actor.kind === 'credential' ? [actor.id] : [])),
        ...events.flatMap(({ credentialId }) => (credentialId === null ? [] : [credentialId])),
      ]),
    ],
    ...(members === null || subject.accountId === undefined ? {} : { accountId: subject.accountId }),
  });
  const accountNames = await accountNamesOf(keyhouse, members === null && events.length <= FEW ? events : []);
  return events.map((event, index) => {
    const credentialName = event.credentialId === null ? null : (names.credentials.get(event.credentialId) ?? null);
    const explained = { credential: credentialName, account: accountName ?? accountNames.get(event.accountId ?? 0) ?? null };
    const { guardKey, ...details } = JSON.parse(event.details) as Record<string, unknown>;
    const actor = actors[index] ?? OTHER;
    // Who of the operator's people did it, and from where, is not shown to customers.
    const isHidden = (id: number): boolean => names.users.get(id)?.isAdministrator === true && members?.has(id) === false;
    const isOperators = actor.kind === 'user' && isHidden(actor.id);
    const isPlaceHidden = isOperators || !mayKnowPlace(reader, actor);
    const nameOf = (id: number): string | null => shownName(names.users.get(id), { members, reader, id });
    return {
      id: event.id,
      event: event.event,
      at: toTimestamp(event.atMs),
      account_id: event.accountId,
      actor: isOperators ? 'operator' : event.actor,
      actor_name: isOperators
        ? null
        : actor.kind === 'user'
          ? nameOf(actor.id)
          : actor.kind === 'credential'
            ? (names.credentials.get(actor.id) ?? null)
            : null,
      user_id: event.userId,
      user_name: event.userId === null || isHidden(event.userId) ? null : nameOf(event.userId),
      credential_id: event.credentialId,
      credential_name: credentialName,
      request_id: event.requestId,
      reason: event.reason,
      // Only the operator may know which key the operator's guard has.
      details: members === null && guardKey !== undefined ? { ...details, guardKey } : details,
      path: event.person?.path ?? null,
      explanation: event.event === 'request.refused' ? explainRefusal(event, explained).sentence : null,
      address: isPlaceHidden ? null : (event.person?.address ?? null),
      user_agent: isPlaceHidden ? null : (event.person?.userAgent ?? null),
      number: event.number,
    };
  });
}

function mayKnowPlace({ userId, role }: Reader, actor: ReadActor): boolean {
  if (role === null || includesRole(role, 'admin')) return true;
  return actor.kind === 'user' ? actor.id === userId : mayKnowWhereUsed(role);
}

/**
 * The name that a user chose. Without one the email address is shown, but only to those who know it anyway: administrators, those
 * who manage the member, and the user. Users who are not members are other customers: their address is never shown.
 */
function shownName(
  user: { readonly displayName: string; readonly email: string } | undefined,
  { members, reader, id }: Pick<View, 'reader'> & { readonly members: ReadonlySet<number> | null; readonly id: number },
): string | null {
  if (user === undefined) return null;
  if (user.displayName !== '') return user.displayName;
  const knows =
    members === null || reader.userId === id || (members.has(id) && reader.role !== null && includesRole(reader.role, 'admin'));
  return knows ? user.email : null;
}

async function accountNamesOf(keyhouse: Keyhouse, events: readonly ListedEvent[]): Promise<ReadonlyMap<number, string>> {
  const ids = [...new Set(events.flatMap(({ event, accountId }) => (event === 'request.refused' ? (accountId ?? []) : [])))];
  const accounts = await Promise.all(ids.map((id) => keyhouse.users.findAccount(id)));
  return new Map(accounts.flatMap((account) => (account === null ? [] : [[account.id, account.name] as const])));
}

type ReadActor = { readonly kind: 'user' | 'credential'; readonly id: number } | { readonly kind: 'other' };
const OTHER: ReadActor = { kind: 'other' };

function readActor(actor: string): ReadActor {
  const [, kind, id] = /^(user|token|key):(\d+)$/.exec(actor) ?? [];
  return kind === undefined ? OTHER : { kind: kind === 'user' ? 'user' : 'credential', id: Number(id) };
}

const COLUMNS = [
  ...(['id', 'at', 'event', 'actor', 'actor_name', 'account_id', 'user_id', 'user_name'] as const),
  ...(['credential_id', 'credential_name', 'request_id', 'reason', 'address', 'user_agent', 'number'] as const),
];

async function* toCsv(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<string> {
  // Together with the first page, not before it: if the log cannot be read, there is no file with only a header.
  let head = csvRecord([...COLUMNS, 'details']);
  for await (const rows of pages) {
    const records = rows.map((row) => csvRecord([...COLUMNS.map((name) => row[name]), csvJson(row.details)]));
    yield head + records.join('');
    head = '';
  }
}

async function* toJsonLines(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<string> {
  for await (const rows of pages) if (rows.length > 0) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
