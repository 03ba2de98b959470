/**
 * Reminds people of credentials that end soon, whose secret is old, or that nobody uses: by mail here, on the home page through the same rule
 * (`notices.ts`). One mail a person and a day, that lists all of them; of each thing once. A new end, a new secret or a use makes it fresh.
 */
import type { AccountsStore } from '../accounts/account.ts';
import type { EventDraft } from '../audit/event.ts';
import { type Clock, DAY_MS } from '../lib/clock.ts';
import type { Compose } from '../mail/compose.ts';
import type { Reminder } from '../mail/letters.ts';
import type { CredentialWithUse } from './credential.ts';
import { EXPIRES_SOON_DAYS, type NoticeRules, noticesOf, UNUSED_DAYS } from './notices.ts';
import { type Recipient, recipientsOf, type TellPorts } from './tell.ts';

/** What a credential was reminded of. `aboutMs`: its end, the making of its secret, or since when it is unused. */
export interface RemindedOf {
  readonly credentialId: number;
  readonly kind: string;
  readonly aboutMs: number;
}

export interface RemindersStore {
  /** Credentials that live and may have something to be reminded of, whose owner is not shut out; in the order of their ids. */
  remindable(input: {
    afterId: number;
    limit: number;
    expiresBeforeMs: number;
    secretMadeBeforeMs: number;
    createdBeforeMs: number;
    nowMs: number;
  }): Promise<readonly CredentialWithUse[]>;
  remindedOf(credentialIds: readonly number[]): Promise<readonly RemindedOf[]>;
  /** Remembers, and writes the mail of the event, in one act. */
  remind(input: { reminded: readonly RemindedOf[]; nowMs: number; event: EventDraft }): Promise<void>;
}

export interface RemindPorts extends TellPorts {
  readonly reminders: RemindersStore;
  readonly accounts: AccountsStore;
  readonly compose: Compose;
  readonly clock: Clock;
  readonly rules: NoticeRules;
  /** Lets requests through between two batches. */
  readonly pause: () => Promise<void>;
}

const BATCH = 200;
/** One mail lists no more; the rest stands on the home page. */
const MOST_IN_A_MAIL = 50;
/** People who are written to in one run; the next run goes on. */
const MOST_PEOPLE = 5_000;
/** The nearest of these alone. */
const STAGES = [1, 3, EXPIRES_SOON_DAYS] as const;

interface Waiting {
  readonly to: Recipient;
  readonly reminders: Reminder[];
  readonly reminded: RemindedOf[];
}

/** Returns how many people were written to. */
export async function remindPeople(ports: RemindPorts): Promise<number> {
  const nowMs = ports.clock.now();
  const people = new Map<number, Waiting>();
  for (let afterId = 0; people.size < MOST_PEOPLE; ) {
    const batch = await ports.reminders.remindable({
      afterId,
      limit: BATCH,
      nowMs,
      expiresBeforeMs: nowMs + EXPIRES_SOON_DAYS * DAY_MS,
      secretMadeBeforeMs: ports.rules.oldSecretDays === 0 ? 0 : nowMs - ports.rules.oldSecretDays * DAY_MS,
      createdBeforeMs: nowMs - UNUSED_DAYS * DAY_MS,
    });
    await gather(ports, batch, people, nowMs);
    const last = batch.at(-1);
    if (last === undefined || batch.length < BATCH) break;
    afterId = last.id;
    await ports.pause();
  }
  for (const { to, reminders, reminded } of people.values()) {
    const mail = ports.compose('reminder', to, { reminders: reminders.slice(0, MOST_IN_A_MAIL), nowMs });
    await ports.reminders.remind({
      reminded,
      nowMs,
      event: {
        event: 'user.reminded',
        atMs: nowMs,
        by: SERVER,
        userId: to.userId,
        details: { credentials: reminded.length },
        mails: [mail],
      },
    });
  }
  return people.size;
}

const SERVER = { actor: 'server', requestId: null, person: {} } as const;

async function gather(
  ports: RemindPorts,
  batch: readonly CredentialWithUse[],
  people: Map<number, Waiting>,
  nowMs: number,
): Promise<void> {
  const before = new Map(
    (await ports.reminders.remindedOf(batch.map(({ id }) => id))).map((one) => [`${one.credentialId} ${one.kind}`, one.aboutMs]),
  );
  for (const credential of batch) {
    const due = dueOf(credential, ports.rules, nowMs).filter(
      ({ kind, aboutMs }) => before.get(`${credential.id} ${kind}`) !== aboutMs,
    );
    if (due.length === 0) continue;
    const account = credential.kind === 'key' ? await ports.accounts.findAccount(credential.accountId) : null;
    for (const to of await recipientsOf(ports, credential, account)) {
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

/** What the rule of the home page finds, as far as mails tell of it. Tokens of log-ins end by themselves when they are not used. */
export function dueOf(credential: CredentialWithUse, rules: NoticeRules, nowMs: number): readonly Due[] {
  const endsByItself = credential.source === 'login' || credential.source === 'register';
  return noticesOf(credential, { least: undefined, refusals: undefined }, nowMs, rules).flatMap(({ kind, atMs }): Due[] => {
    if (kind === 'expires-soon') {
      const days = (atMs - nowMs) / DAY_MS;
      const stage = STAGES.find((most) => days <= most) ?? EXPIRES_SOON_DAYS;
      return [{ why: 'expires', kind: `expires-${stage}`, aboutMs: atMs }];
    }
    if (endsByItself) return [];
    if (kind === 'old-secret') return [{ why: 'old', kind, aboutMs: atMs }];
    return kind === 'unused' ? [{ why: 'unused', kind, aboutMs: atMs }] : [];
  });
}
