/**
 * Runs acts. Before an act begins, the right that it is done by is judged once more (`authority.ts`), whatever act it is: a new one need not
 * remember. What it has to tell (audit events, changes for every cache) is gathered while it runs and written at its end, in the same transaction:
 * the changes last, because their counter row stays locked until the commit.
 */
import { randomBytes } from 'node:crypto';
import { hashPerson } from '../core/audit/chain.ts';
import type { By, EventDraft } from '../core/audit/event.ts';
import type { Authority } from '../core/authority.ts';
import type { MailDraft } from '../core/mail/mail.ts';
import type { Change, ChangeDraft } from '../core/revocations/change.ts';
import type { Acts, SuspensionDraft } from './act.ts';
import { judgeAuthority } from './authority.ts';
import { type CacheDraft, type RevocationDraft, toChangeDraft } from './horizon.ts';
import { judgeMail, type MailVerdict } from './mail-limits.ts';
import { type Db, prepare } from './prepared.ts';

/**
 * Runs one act within the transaction `db` and returns its result with the changes that it caused. On whose behalf it is done stands in its input,
 * and is judged first of all; throws a `Refusal` where that access has ended, and then nothing of the act remains.
 */
export async function runAct(acts: Acts, db: Db, name: string, input: unknown): Promise<{ result: unknown; changes: Change[] }> {
  const act = acts[name];
  if (act === undefined) throw new Error(`There is no act named ${name}.`);
  const judged = authoritiesIn(input);
  for (const authority of judged) await judgeAuthority(db, authority);
  const events: { draft: EventDraft; ids: { accountId?: number; userId?: number; credentialId?: number } }[] = [];
  const drafts: (CacheDraft | RevocationDraft | SuspensionDraft)[] = [];
  const verdicts = new Map<MailDraft, MailVerdict>();
  const judgeMails = async (draft: EventDraft): Promise<void> => {
    for (const mail of draft.mails ?? []) verdicts.set(mail, await judgeMail(db, mail));
  };
  const result = await act(
    {
      db,
      event: (draft, ids = {}) => void events.push({ draft, ids }),
      mayMail: async (draft) => {
        await judgeMails(draft);
        const over = (draft.mails ?? []).filter((mail) => verdicts.get(mail) === 'limit');
        for (const mail of over) events.push({ draft: dropped(mail, 'limit', draft), ids: {} });
        return over.length === 0;
      },
      judgeMails,
      change: (draft) => void drafts.push(draft),
      revoke: (draft) => void drafts.push(draft),
      suspend: (draft) => void drafts.push(draft),
    },
    input as never,
  );
  for (const { draft, ids } of events) {
    const { authority } = draft.by;
    // At the latest here: an input of another shape is no way around it.
    if (authority !== undefined && !judged.has(authority)) await judgeAuthority(db, authority);
    await writeEvent(db, draft, ids);
    for (const mail of draft.mails ?? []) {
      const verdict = verdicts.get(mail) ?? (await judgeMail(db, mail));
      if (verdict === 'good') await insertMail(db, mail);
      else await writeEvent(db, dropped(mail, verdict, draft), ids);
    }
  }
  const changes: ChangeDraft[] = [];
  for (const draft of drafts) changes.push(await toChange(db, draft));
  return { result, changes: await writeChanges(db, changes) };
}

async function toChange(db: Db, draft: CacheDraft | RevocationDraft | SuspensionDraft): Promise<ChangeDraft> {
  if ('sinceMs' in draft) return { kind: draft.kind, id: draft.id, beforeMs: draft.sinceMs, endsAtMs: null };
  return draft.beforeMs === null ? draft : await toChangeDraft(db, draft);
}

/** Who caused it is on record; to whom it would have gone is the user's, and stands nowhere else. */
const dropped = (mail: MailDraft, verdict: MailVerdict, { atMs, by }: EventDraft): EventDraft => ({
  event: 'mail.dropped',
  atMs,
  by: { ...by, person: {} },
  ...(mail.userId === null ? {} : { userId: mail.userId }),
  details: { kind: mail.kind, because: verdict },
});

/** Where the input of an act says on whose behalf it is done; nowhere else, since the rest may be text of strangers. */
interface Told {
  /** Of acts that leave no event. */
  readonly by?: By;
  readonly event?: EventDraft | null;
  readonly events?: readonly EventDraft[] | Readonly<Record<string, EventDraft>>;
  readonly allow?: { readonly events: Readonly<Record<string, EventDraft>> } | null;
}

/** Every right that the input names; each once, however many events are told by it. */
function authoritiesIn(input: unknown): ReadonlySet<Authority> {
  const { by, event, events = [], allow } = (input ?? {}) as Told;
  const drafts = [...Object.values(events), ...Object.values(allow?.events ?? {})];
  const told = [by, event?.by, ...drafts.map((draft) => draft.by)];
  return new Set(told.flatMap((each) => each?.authority ?? []));
}

const insertEvent = prepare(
  (
    db,
    row: {
      event: string;
      at_ms: number;
      actor: string;
      account_id: number | null;
      user_id: number | null;
      credential_id: number | null;
      request_id: string | null;
      reason: string | null;
      details: string;
      person_hash: string | null;
    },
  ) =>
    db
      .insertInto('audit_events')
      .values({
        event: row.event,
        at_ms: row.at_ms,
        actor: row.actor,
        account_id: row.account_id,
        user_id: row.user_id,
        credential_id: row.credential_id,
        request_id: row.request_id,
        reason: row.reason,
        details: row.details,
        person_hash: row.person_hash,
      })
      .returning('id'),
);

const insertPerson = prepare((db, row: { event_id: number; salt: string; data: string }) =>
  db.insertInto('audit_persons').values({ event_id: row.event_id, salt: row.salt, data: row.data }),
);

async function writeEvent(
  db: Db,
  draft: EventDraft,
  ids: { accountId?: number; userId?: number; credentialId?: number },
): Promise<void> {
  const person = Object.keys(draft.by.person).length > 0 ? JSON.stringify(draft.by.person) : null;
  const salt = person === null ? null : randomBytes(16).toString('hex');
  const { rows } = await insertEvent(db, {
    event: draft.event,
    at_ms: draft.atMs,
    actor: draft.by.actor,
    account_id: ids.accountId ?? draft.accountId ?? null,
    user_id: ids.userId ?? draft.userId ?? null,
    credential_id: ids.credentialId ?? draft.credentialId ?? null,
    request_id: draft.by.requestId,
    reason: draft.reason ?? null,
    details: JSON.stringify(draft.details ?? {}),
    person_hash: person === null || salt === null ? null : hashPerson(salt, person),
  });
  const eventId = rows[0]?.id;
  if (eventId === undefined) throw new Error('An audit event was stored without an id.');
  if (person !== null && salt !== null) await insertPerson(db, { event_id: eventId, salt, data: person });
}

async function insertMail(db: Db, mail: MailDraft): Promise<void> {
  await db
    .insertInto('mails')
    .values({
      kind: mail.kind,
      recipient: mail.recipient,
      user_id: mail.userId,
      subject: mail.subject,
      sealed_body: mail.sealedBody,
      created_at_ms: mail.createdAtMs,
      next_try_at_ms: mail.createdAtMs,
      tries: 0,
    })
    .execute();
}

async function writeChanges(db: Db, drafts: readonly ChangeDraft[]): Promise<Change[]> {
  if (drafts.length === 0) return [];
  const counter = await db
    .updateTable('counters')
    .set((eb) => ({ value: eb('value', '+', drafts.length) }))
    .where('name', '=', 'changes')
    .returning('value')
    .executeTakeFirstOrThrow();
  const changes = drafts.map((draft, index) => ({ ...draft, number: counter.value - drafts.length + 1 + index }));
  const atMs = Date.now();
  // In slices: both databases bound the number of values in one statement.
  for (let start = 0; start < changes.length; start += 500) {
    await db
      .insertInto('changes')
      .values(
        changes.slice(start, start + 500).map((change) => ({
          number: change.number,
          kind: change.kind,
          subject_id: change.id,
          before_ms: change.beforeMs,
          ends_at_ms: change.endsAtMs,
          at_ms: atMs,
        })),
      )
      .execute();
  }
  return changes;
}
