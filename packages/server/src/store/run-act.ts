/**
 * Runs acts. The right by which an act is done is judged again before it begins (`authority.ts`): here, for every act, so that a
 * new one cannot forget it. Audit events, mails and changes are collected while the act runs and written at its end, in the same
 * transaction: the changes last, because their counter's row stays locked until the commit.
 */
import { type By, type EventDraft, happened } from '../core/audit/event.ts';
import { type Authority, IN_THE_ACT } from '../core/authority.ts';
import type { MailDraft } from '../core/mail/mail.ts';
import type { Change } from '../core/revocations/change.ts';
import type { Acts } from './act.ts';
import { judgeAuthority } from './authority.ts';
import { judgeMail, type MailVerdict } from './mail-limits.ts';
import { insertMail } from './mails.ts';
import type { Db } from './prepared.ts';
import { type AnnouncedDraft, writeChanges } from './write-changes.ts';
import { type Chain, type EventIds, writeEvent } from './write-event.ts';

/**
 * Runs one act within the transaction `db` and returns its result with the changes that it caused. Its input says on whose behalf
 * it is done; this is judged first. Throws a `Refusal` if that access has ended; the transaction is then rolled back. `chain`
 * numbers and hashes events when they are written.
 */
export async function runAct(
  acts: Acts,
  { db, chain = null }: { readonly db: Db; readonly chain?: Chain | null },
  name: string,
  input: unknown,
): Promise<{ result: unknown; changes: Change[] }> {
  const act = acts[name];
  if (act === undefined) throw new Error(`There is no act named ${name}.`);
  const judged = authoritiesIn(input);
  for (const authority of judged) await judgeAuthority(db, authority);
  const events: { readonly draft: EventDraft; readonly ids: EventIds }[] = [];
  const announced: AnnouncedDraft[] = [];
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
      change: (draft) => void announced.push(draft),
      revoke: (draft) => void announced.push(draft),
      suspend: (draft) => void announced.push(draft),
    },
    input as never,
  );
  for (const { draft, ids } of events) {
    const { authority } = draft.by;
    // An act whose input names its authority elsewhere is judged here at the latest.
    if (authority !== undefined && !judged.has(authority)) await judgeAuthority(db, authority);
    await writeEvent(db, draft, ids, chain);
    for (const mail of draft.mails ?? []) {
      const verdict = verdicts.get(mail) ?? (await judgeMail(db, mail));
      if (verdict === 'good') await insertMail(db, mail);
      else await writeEvent(db, dropped(mail, verdict, draft), ids, chain);
    }
  }
  return { result, changes: await writeChanges(db, announced) };
}

/** Says which user the mail was for, and who caused it only as an actor: it contains no address. */
const dropped = (mail: MailDraft, verdict: MailVerdict, { atMs, by }: EventDraft): EventDraft =>
  happened({ ...by, person: {} }, atMs, 'mail.dropped', {
    userId: mail.userId,
    details: { kind: mail.kind, because: verdict },
  });

/**
 * The members of an act's input that say on whose behalf it is done. No others are searched: they may contain text of strangers.
 */
interface OnBehalf {
  /** Of acts that write no event. */
  readonly by?: By;
  readonly event?: EventDraft | null;
  readonly events?: readonly EventDraft[] | Readonly<Record<string, EventDraft>>;
  readonly allow?: { readonly events: Readonly<Record<string, EventDraft>> } | null;
}

/** Every authority that the input names, each once. */
function authoritiesIn(input: unknown): ReadonlySet<Authority> {
  const { by, event, events = [], allow } = (input ?? {}) as OnBehalf;
  const drafts = [...Object.values(events), ...Object.values(allow?.events ?? {})];
  const doers = [by, event?.by, ...drafts.map((draft) => draft.by)];
  return new Set(doers.flatMap((each) => each?.authority ?? []));
}

/** Whether someone's right to do the act is judged before it begins. Most that a busy server does is judged by the act itself. */
export const isJudgedBefore = (input: unknown): boolean => [...authoritiesIn(input)].some(({ kind }) => kind !== IN_THE_ACT.kind);
