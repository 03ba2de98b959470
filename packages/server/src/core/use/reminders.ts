/**
 * Reminds users of credentials that expire soon, whose secret is old, or that nobody uses: by mail here, on the overview page
 * through the same rule (`notices.ts`). One mail per user and day lists all of them; each thing is reported once. A new expiry, a
 * new secret or a use starts it again.
 */

import { type EventDraft, happened } from '../audit/event.ts';
import type { CredentialWithUse } from '../credentials/credential.ts';
import { type NotifyPorts, type Recipient, recipientsOf } from '../credentials/notify.ts';
import { type Clock, DAY_MS } from '../lib/clock.ts';
import type { Compose } from '../mail/compose.ts';
import type { Reminder } from '../mail/letters.ts';
import type { AccountsStore } from '../users/account.ts';
import { EXPIRES_SOON_DAYS, type NoticeRules, noticesOf, UNUSED_DAYS } from './notices.ts';

/** What a credential was reminded of. `aboutMs`: when it expires, when its secret was created, or since when it is unused. */
export interface RemindedOf {
  readonly credentialId: number;
  readonly kind: string;
  readonly aboutMs: number;
}

export interface RemindersStore {
  /**
   * Active credentials that may need a reminder, whose owner is not disabled; in the order of their ids. One slice, which costs
   * no more however few of the credentials need one: it may be short or empty. `nextId`: after which to continue; null: this was
   * the last.
   */
  remindable(input: {
    afterId: number;
    limit: number;
    expiresBeforeMs: number;
    secretMadeBeforeMs: number;
    createdBeforeMs: number;
    nowMs: number;
  }): Promise<{ readonly credentials: readonly CredentialWithUse[]; readonly nextId: number | null }>;
  remindedOf(credentialIds: readonly number[]): Promise<readonly RemindedOf[]>;
  /** Records the reminders, and writes the mail of the event, in one act. */
  remind(input: { reminded: readonly RemindedOf[]; nowMs: number; event: EventDraft }): Promise<void>;
}

export interface RemindPorts extends NotifyPorts {
  readonly reminders: RemindersStore;
  readonly accounts: AccountsStore;
  readonly compose: Compose;
  readonly clock: Clock;
  readonly rules: NoticeRules;
  /** Lets requests through between two batches. */
  readonly pause: () => Promise<void>;
}

const BATCH = 200;
/** One mail lists no more than this, the most urgent first, and says how many more there are. */
const MAX_IN_A_MAIL = 50;
/** Users whose mails are collected before they are written: what is kept in memory at once. */
const MAX_PEOPLE = 5_000;
/** Only the nearest of these. */
const STAGES = [1, 3, EXPIRES_SOON_DAYS] as const;

interface Waiting {
  readonly to: Recipient;
  readonly reminders: Reminder[];
  readonly reminded: RemindedOf[];
}

/** Returns how many users were written to. */
export async function remindPeople(ports: RemindPorts): Promise<number> {
  const nowMs = ports.clock.now();
  const written = new Set<number>();
  for (let afterId: number | null = 0; afterId !== null; ) {
    const people = new Map<number, Waiting>();
    afterId = await gatherPeople(ports, { people, written, afterId, nowMs });
    for (const waiting of people.values()) await write(ports, waiting, nowMs);
    for (const userId of people.keys()) written.add(userId);
  }
  return written.size;
}

interface Gathering {
  readonly people: Map<number, Waiting>;
  /** Who has received today's mail. */
  readonly written: ReadonlySet<number>;
  readonly nowMs: number;
}

/** Returns after which credential to continue, or null at the end. */
async function gatherPeople(
  ports: RemindPorts,
  { afterId, ...gathering }: Gathering & { afterId: number },
): Promise<number | null> {
  const { nowMs } = gathering;
  for (let lastId = afterId; ; ) {
    const { credentials, nextId } = await ports.reminders.remindable({
      afterId: lastId,
      limit: BATCH,
      nowMs,
      expiresBeforeMs: nowMs + EXPIRES_SOON_DAYS * DAY_MS,
      secretMadeBeforeMs: ports.rules.oldSecretDays === 0 ? 0 : nowMs - ports.rules.oldSecretDays * DAY_MS,
      createdBeforeMs: nowMs - UNUSED_DAYS * DAY_MS,
    });
    await gather(ports, credentials, gathering);
    if (nextId === null) return null;
    await ports.pause();
    if (gathering.people.size >= MAX_PEOPLE) return nextId;
    lastId = nextId;
  }
}

const URGENCY: readonly Reminder['why'][] = ['expires', 'old', 'unused'];

async function write(ports: RemindPorts, { to, reminders, reminded }: Waiting, nowMs: number): Promise<void> {
  const sorted = reminders.toSorted((a, b) => URGENCY.indexOf(a.why) - URGENCY.indexOf(b.why) || a.atMs - b.atMs);
  const listed = sorted.slice(0, MAX_IN_A_MAIL);
  const mail = ports.compose('reminder', to, { reminders: listed, more: sorted.length - listed.length, nowMs });
  await ports.reminders.remind({
    reminded,
    nowMs,
    event: happened(SERVER, nowMs, 'user.reminded', {
      userId: to.userId,
      details: { credentials: reminded.length },
      mails: [mail],
    }),
  });
}

const SERVER = { actor: 'server', requestId: null, person: {} } as const;

async function gather(
  ports: RemindPorts,
  batch: readonly CredentialWithUse[],
  { people, written, nowMs }: Gathering,
): Promise<void> {
  const before = new Map(
    (await ports.reminders.remindedOf(batch.map(({ id }) => id))).map((one) => [`${one.credentialId} ${one.kind}`, one.aboutMs]),
  );
  for (const credential of batch) {
    const due = dueOf(credential, ports.rules, nowMs).filter((one) => isNews(one, before.get(`${credential.id} ${one.kind}`)));
    if (due.length === 0) continue;
    const account = credential.kind === 'key' ? await ports.accounts.findAccount(credential.accountId) : null;
    const recipients = await recipientsOf(ports, credential, account);
    // Tomorrow then, to all of them: a reminder is recorded for the credential, not for each recipient.
    if (recipients.some(({ userId }) => written.has(userId))) continue;
    for (const to of recipients) {
      const waiting = people.get(to.userId) ?? { to, reminders: [], reminded: [] };
      people.set(to.userId, waiting);
      for (const { why, kind, aboutMs } of due) {
        const name = account === null || account.kind === 'personal' ? null : account.name;
        waiting.reminders.push({ why, kind: credential.kind, name: credential.name, account: name, atMs: aboutMs });
        waiting.reminded.push({ credentialId: credential.id, kind, aboutMs });
      }
    }
  }
}

interface Due extends Omit<RemindedOf, 'credentialId'> {
  readonly why: Reminder['why'];
}

/** A last use is forgotten after a little more than a year; an "unused since" that goes back because of that is not new. */
const isNews = ({ kind, aboutMs }: Due, before: number | undefined): boolean =>
  before === undefined || (kind === 'unused' ? aboutMs > before : aboutMs !== before);

/**
 * What the rule of the overview page finds, as far as mails report it. Tokens of log-ins expire by themselves when they are not
 * used.
 */
export function dueOf(credential: CredentialWithUse, rules: NoticeRules, nowMs: number): readonly Due[] {
  const endsByItself = credential.source === 'login' || credential.source === 'register';
  return noticesOf(credential, { tooWideSinceMs: null, refusedLastAtMs: undefined }, nowMs, rules).flatMap(
    ({ kind, atMs }): Due[] => {
      if (kind === 'expires-soon') {
        const days = (atMs - nowMs) / DAY_MS;
        const stage = STAGES.find((most) => days <= most) ?? EXPIRES_SOON_DAYS;
        // A user who creates one for a week knows that it expires in a week.
        if (atMs - credential.createdAtMs <= stage * DAY_MS) return [];
        return [{ why: 'expires', kind: `expires-${stage}`, aboutMs: atMs }];
      }
      if (endsByItself) return [];
      if (kind === 'old-secret') return [{ why: 'old', kind, aboutMs: atMs }];
      return kind === 'unused' ? [{ why: 'unused', kind, aboutMs: atMs }] : [];
    },
  );
}
