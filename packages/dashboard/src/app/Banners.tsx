/** Shown above every page while the server cannot be reached. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ask } from '../lib/ask.ts';
import { useIsReached } from '../lib/connection.ts';
import styles from './layout.module.css';
import { words } from './words.ts';

const TRY_EVERY_MS = 4000;

/** Retries by itself until there is an answer, then requests everything that failed in the meantime. */
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
