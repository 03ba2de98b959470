/** What an account's first page shows: what was done already, recent use, and what needs attention. */
import type { AuditStore } from '../audit/event.ts';
import type { CredentialsStore, JudgedCredential, UseOfAccount } from '../credentials/credential.ts';
import { type Clock, DAY_MS } from '../lib/clock.ts';
import { MANY_REFUSALS, type Notice, type NoticeKind, type NoticeRules, noticesOf } from './notices.ts';

export const OVERVIEW_DAYS = 30;
const MAX_NOTICES = 20;
const JUDGED_AT_ONCE = 50;

export interface Overview extends Omit<UseOfAccount, 'byDay'> {
  /** The oldest first, today last. */
  readonly requestsByDay: readonly number[];
  /** The most urgent ones, the most urgent first. */
  readonly notices: readonly Notice[];
  /** How many there are in total; every credential was judged. */
  readonly noticesInAll: number;
}

interface Ports {
  readonly credentials: Pick<CredentialsStore, 'useOfAccount' | 'listJudged'>;
  readonly audit: Pick<AuditStore, 'refusedOften'>;
  readonly clock: Clock;
  readonly rules: NoticeRules;
}

export async function overviewOf(ports: Ports, accountId: number, turn: () => Promise<void>): Promise<Overview> {
  const nowMs = ports.clock.now();
  const sinceDay = Math.floor(nowMs / DAY_MS) - OVERVIEW_DAYS + 1;
  const { byDay, ...use } = await ports.credentials.useOfAccount({ accountId, sinceDay, nowMs });
  const requestsByDay = Array.from({ length: OVERVIEW_DAYS }, () => 0);
  for (const { day, requests } of byDay) if (day - sinceDay < OVERVIEW_DAYS) requestsByDay[day - sinceDay] = requests;
  return {
    ...use,
    requestsByDay,
    ...(await findNotices(ports, accountId, { nowMs, turn })),
  };
}

const URGENCY: readonly NoticeKind[] = ['expires-soon', 'refusals', 'too-wide', 'unused', 'old-secret'];

/** Every credential, however many: others have their turn between two slices, and no more is kept than is shown. */
async function findNotices(
  ports: Ports,
  accountId: number,
  { nowMs, turn }: { nowMs: number; turn: () => Promise<void> },
): Promise<Pick<Overview, 'notices' | 'noticesInAll'>> {
  let notices: readonly Notice[] = [];
  let noticesInAll = 0;
  for (const kind of ['key', 'token'] as const) {
    for (let after: JudgedCredential | null = null; ; await turn()) {
      const credentials: Awaited<ReturnType<CredentialsStore['listJudged']>> = await ports.credentials.listJudged({
        ...{ accountId, kind, after, nowMs },
        limit: JUDGED_AT_ONCE,
      });
      const refused = await ports.audit.refusedOften({
        credentialIds: credentials.map(({ id }) => id),
        ...{ sinceMs: nowMs - DAY_MS, times: MANY_REFUSALS },
      });
      const refusedLast = new Map(refused.map(({ credentialId, lastAtMs }) => [credentialId, lastAtMs]));
      const found = credentials.flatMap((each) =>
        noticesOf(each, { tooWideSinceMs: each.tooWideSinceMs, refusedLastAtMs: refusedLast.get(each.id) }, nowMs, ports.rules),
      );
      noticesInAll += found.length;
      notices = [...notices, ...found].sort(byUrgency).slice(0, MAX_NOTICES);
      const last = credentials.at(-1);
      if (last === undefined || credentials.length < JUDGED_AT_ONCE) break;
      after = last;
    }
  }
  return { notices, noticesInAll };
}

const byUrgency = (a: Notice, b: Notice): number =>
  URGENCY.indexOf(a.kind) - URGENCY.indexOf(b.kind) || a.atMs - b.atMs || a.credential.id - b.credential.id;
