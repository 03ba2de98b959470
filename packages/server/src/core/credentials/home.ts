/** What an account's first page tells: what was done already, recent use, and what to look at. */
import type { AuditStore } from '../audit/event.ts';
import { type Clock, DAY_MS } from '../lib/clock.ts';
import { pause } from '../lib/pause.ts';
import type { CredentialsStore, UseOfAccount } from './credential.ts';
import { narrowingsOf, WATCHED_FOR_MS } from './least.ts';
import { type Notice, type NoticeKind, type NoticeRules, noticesOf } from './notices.ts';

export const HOME_DAYS = 30;
/** The newest of each kind whose requests are added up. */
const MAX_ADDED_UP = 250;
const MAX_NOTICES = 20;
const JUDGED_AT_ONCE = 50;
/** Entries of the account's log, the newest, among which refusals are counted. */
const MOST_ENTRIES = 2_000;

export interface Home extends Omit<UseOfAccount, 'byDay' | 'isWhole'> {
  /** The requests of so many of each kind, the newest, were added up; null: of all. */
  readonly requestsOfNewest: number | null;
  /** The oldest first, today last. */
  readonly requestsByDay: readonly number[];
  /** The most urgent, the most urgent of them first. */
  readonly notices: readonly Notice[];
  /** How many there are in all; every credential was judged. */
  readonly noticesInAll: number;
}

interface Ports {
  readonly credentials: Pick<CredentialsStore, 'useOfAccount' | 'listJudged' | 'usedPermissions' | 'permissionsObservedSinceMs'>;
  readonly audit: Pick<AuditStore, 'list' | 'stepBack'>;
  readonly clock: Clock;
  readonly catalogue: () => ReadonlySet<string>;
  readonly rules: NoticeRules;
}

export async function homeOf(ports: Ports, accountId: number): Promise<Home> {
  const nowMs = ports.clock.now();
  const sinceDay = Math.floor(nowMs / DAY_MS) - HOME_DAYS + 1;
  const { byDay, isWhole, ...use } = await ports.credentials.useOfAccount({ accountId, sinceDay, most: MAX_ADDED_UP });
  const requestsByDay = Array.from({ length: HOME_DAYS }, () => 0);
  for (const { day, requests } of byDay) if (day - sinceDay < HOME_DAYS) requestsByDay[day - sinceDay] = requests;
  return {
    ...use,
    requestsOfNewest: isWhole ? null : MAX_ADDED_UP,
    requestsByDay,
    ...(await findNotices(ports, accountId, nowMs)),
  };
}

const URGENCY: readonly NoticeKind[] = ['expires-soon', 'refusals', 'too-wide', 'unused', 'old-secret'];

/** Every credential, however many: others have their turn between two slices, and no more is kept than is shown. */
async function findNotices(ports: Ports, accountId: number, nowMs: number): Promise<Pick<Home, 'notices' | 'noticesInAll'>> {
  const refusals = await countRefusals(ports, accountId, nowMs - DAY_MS);
  let notices: readonly Notice[] = [];
  let noticesInAll = 0;
  for (const kind of ['key', 'token'] as const) {
    for (let afterId = 0; ; await pause()) {
      const credentials = await ports.credentials.listJudged({ accountId, kind, afterId, limit: JUDGED_AT_ONCE, nowMs });
      const least = await narrowingsOf(
        ports,
        credentials.filter(({ createdAtMs }) => nowMs - createdAtMs >= WATCHED_FOR_MS),
      );
      const found = credentials.flatMap((each) =>
        noticesOf(each, { least: least.get(each.id), refusals: refusals.get(each.id) }, nowMs, ports.rules),
      );
      noticesInAll += found.length;
      notices = [...notices, ...found].sort(byUrgency).slice(0, MAX_NOTICES);
      const last = credentials.at(-1);
      if (last === undefined || credentials.length < JUDGED_AT_ONCE) break;
      afterId = last.id;
    }
  }
  return { notices, noticesInAll };
}

const byUrgency = (a: Notice, b: Notice): number =>
  URGENCY.indexOf(a.kind) - URGENCY.indexOf(b.kind) || a.atMs - b.atMs || a.credential.id - b.credential.id;

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
