/** What an account's first page tells: what was done already, recent use, and what to look at. */
import type { AuditStore } from '../audit/event.ts';
import { type Clock, DAY_MS } from '../lib/clock.ts';
import { pause } from '../lib/pause.ts';
import type { CredentialsStore, CredentialWithUse, UseOfAccount } from './credential.ts';
import { type Narrowing, narrowingsOf, WATCHED_FOR_MS } from './least.ts';
import { type Notice, type NoticeKind, type NoticeRules, noticesOf } from './notices.ts';

export const HOME_DAYS = 30;
/** The newest of each kind that are looked at; whoever has more of them looks at the lists. */
const MOST_LOOKED_AT = 250;
const MOST_JUDGED = 100;
const MOST_NOTICES = 20;
const JUDGED_AT_ONCE = 20;
/** Entries of the account's log, the newest, among which refusals are counted. */
const MOST_ENTRIES = 2_000;

export interface Home extends Omit<UseOfAccount, 'byDay'> {
  /** The oldest first, today last. */
  readonly requestsByDay: readonly number[];
  /** The most urgent first. */
  readonly notices: readonly Notice[];
  /** There are more than were judged: so many of each kind, the newest. Null: all were. */
  readonly judgedNewest: number | null;
}

interface Ports {
  readonly credentials: Pick<
    CredentialsStore,
    'useOfAccount' | 'listCredentials' | 'permissionUse' | 'permissionsObservedSinceMs'
  >;
  readonly audit: Pick<AuditStore, 'list' | 'stepBack'>;
  readonly clock: Clock;
  readonly catalogue: () => ReadonlySet<string>;
  readonly rules: NoticeRules;
}

export async function homeOf(ports: Ports, accountId: number): Promise<Home> {
  const nowMs = ports.clock.now();
  const sinceDay = Math.floor(nowMs / DAY_MS) - HOME_DAYS + 1;
  const { byDay, ...use } = await ports.credentials.useOfAccount({ accountId, sinceDay, most: MOST_LOOKED_AT });
  const requestsByDay = Array.from({ length: HOME_DAYS }, () => 0);
  for (const { day, requests } of byDay) if (day - sinceDay < HOME_DAYS) requestsByDay[day - sinceDay] = requests;
  return { ...use, requestsByDay, ...(await findNotices(ports, accountId, nowMs)) };
}

const URGENCY: readonly NoticeKind[] = ['expires-soon', 'refusals', 'too-wide', 'unused', 'old-secret'];

async function findNotices(ports: Ports, accountId: number, nowMs: number): Promise<Pick<Home, 'notices' | 'judgedNewest'>> {
  const listed = { accountId, withRevoked: false, limit: MOST_JUDGED + 1 };
  const [tokens, keys, refusals] = await Promise.all([
    ports.credentials.listCredentials({ ...listed, kind: 'token' }),
    ports.credentials.listCredentials({ ...listed, kind: 'key' }),
    countRefusals(ports, accountId, nowMs - DAY_MS),
  ]);
  const credentials = [...keys.slice(0, MOST_JUDGED), ...tokens.slice(0, MOST_JUDGED)];
  const isAll = keys.length <= MOST_JUDGED && tokens.length <= MOST_JUDGED;
  const settled = credentials.filter(({ createdAtMs }) => nowMs - createdAtMs >= WATCHED_FOR_MS);
  const least = await judgeInSlices(ports, settled);
  const notices = credentials
    .flatMap((each) => noticesOf(each, { least: least.get(each.id), refusals: refusals.get(each.id) }, nowMs, ports.rules))
    .sort((a, b) => URGENCY.indexOf(a.kind) - URGENCY.indexOf(b.kind) || a.atMs - b.atMs)
    .slice(0, MOST_NOTICES);
  return { notices, judgedNewest: isAll ? null : MOST_JUDGED };
}

/** A hundred permissions used on each of ninety days are nine thousand rows for one credential: others have their turn in between. */
async function judgeInSlices(ports: Ports, credentials: readonly CredentialWithUse[]): Promise<ReadonlyMap<number, Narrowing>> {
  const judged = new Map<number, Narrowing>();
  for (let start = 0; start < credentials.length; start += JUDGED_AT_ONCE) {
    if (start > 0) await pause();
    for (const [id, narrowing] of await narrowingsOf(ports, credentials.slice(start, start + JUDGED_AT_ONCE)))
      judged.set(id, narrowing);
  }
  return judged;
}

async function countRefusals({ audit }: Ports, accountId: number, sinceMs: number) {
  const edge = await audit.stepBack({ accountId, steps: MOST_ENTRIES });
  const refused = await audit.list({
    accountId,
    event: 'request.refused',
    sinceMs,
    ...(edge === null ? {} : { fromId: edge.id }),
    limit: 500,
  });
  const counts = new Map<number, { count: number; lastAtMs: number }>();
  for (const { credentialId, atMs } of refused) {
    if (credentialId === null) continue;
    const sofar = counts.get(credentialId) ?? { count: 0, lastAtMs: 0 };
    counts.set(credentialId, { count: sofar.count + 1, lastAtMs: Math.max(sofar.lastAtMs, atMs) });
  }
  return counts;
}
