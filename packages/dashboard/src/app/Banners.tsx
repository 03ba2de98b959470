/** What stands above every page while it is so: the server cannot be reached, the e-mail address is not proved. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { sentenceOf } from '../kit/errors.tsx';
import { ask } from '../lib/ask.ts';
import { useIsReached } from '../lib/connection.ts';
import styles from './layout.module.css';
import type { Account } from './session.ts';
import { words } from './words.ts';

const TRY_EVERY_MS = 4000;

/** Asks again by itself until there is an answer, then for everything that failed meanwhile. */
export function Lost() {
  const isReached = useIsReached();
  const queries = useQueryClient();
  const again = useMutation({ mutationFn: () => ask('GET /state') });
  const { mutate: tryAgain } = again;
  useEffect(() => {
    if (isReached) {
      void queries.refetchQueries({ predicate: ({ state }) => state.status === 'error' || state.fetchFailureCount > 0 });
      return;
    }
    const timer = setInterval(tryAgain, TRY_EVERY_MS);
    const now = () => tryAgain();
    window.addEventListener('online', now);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', now);
    };
  }, [isReached, queries, tryAgain]);
  return (
    <div role="status" className={isReached ? undefined : styles.banner}>
      {!isReached && (
        <>
          <span>{words.offline}</span>
          <button type="button" className={styles.bannerButton} disabled={again.isPending} onClick={() => tryAgain()}>
            {words.tryNow}
          </button>
        </>
      )}
    </div>
  );
}

/** Of the account that the pages are about: everything can be looked at, and nothing of it is accepted or changed. */
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
