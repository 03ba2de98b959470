/** Shown above every page while it applies: the account is suspended, the address is not verified. Loaded only when needed. */
import { useMutation } from '@tanstack/react-query';
import { sentenceOf } from '../kit/errors.tsx';
import type { Account } from '../kit/session.ts';
import { ask } from '../lib/ask.ts';
import styles from './layout.module.css';
import { words } from './words.ts';

/** For the account that the pages are about: everything can be read, and nothing in it is accepted or changed. */
export function Suspended({ account: { kind, name, suspension } }: { account: Account }) {
  if (suspension === null) return null;
  return (
    <section className={styles.banner} aria-label={words.suspendedTitle}>
      <span role="status">
        {words.suspended(kind === 'personal' ? null : name)}
        {suspension.reason !== null && ` ${words.suspendedReason(suspension.reason)}`}
      </span>
    </section>
  );
}

export function Unverified({ email, sendsMail }: { email: string; sendsMail: boolean }) {
  const send = useMutation({ mutationFn: () => ask('POST /verify-email/send') });
  const said = sendsMail
    ? { why: words.unverified(email), done: words.sent, button: words.sendAgain }
    : { why: words.unverifiedNoMail(email), done: words.linkCreated, button: words.createLink };
  return (
    <section className={styles.banner} aria-label={words.unverifiedTitle}>
      <span role="status">{send.isSuccess ? said.done : send.isError ? sentenceOf(send.error) : said.why}</span>
      {!send.isSuccess && (
        <button type="button" className={styles.bannerButton} disabled={send.isPending} onClick={() => send.mutate()}>
          {said.button}
        </button>
      )}
    </section>
  );
}
