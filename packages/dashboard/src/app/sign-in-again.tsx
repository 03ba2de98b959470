/**
 * Connects the dialog that signs in again to `ask`: when a sign-in ends, what was typed must not be lost. Everything that the
 * page shows is requested again afterwards. Calls that come while the dialog is open wait for the same answer.
 */
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { useMe } from '../kit/session.ts';
import { helpers, setPageUser } from '../lib/ask.ts';
import { useWaiting } from './waiting.ts';

const SignInDialog = lazy(() => import('./SignInDialog.tsx'));

export function SignInKeeper() {
  const queries = useQueryClient();
  const { isWaiting, wait, answer } = useWaiting();
  const hasTurnedAway = useRef(false);
  const user = usePageUser();
  const isKnown = user !== null;
  useEffect(() => {
    helpers.signInAgain = async ({ isRead }) => {
      // Nothing is shown yet, so nothing is lost: the server remembers the requested page.
      if (!isKnown) window.location.reload();
      // Pages poll by themselves. A user who cancelled is asked again when they do something, and not every few seconds.
      else if (!isRead || !hasTurnedAway.current) return await wait();
      return false;
    };
    return () => {
      helpers.signInAgain = null;
    };
  }, [isKnown, wait]);
  if (!isWaiting || user === null) return null;
  const done = (isSignedIn: boolean) => {
    hasTurnedAway.current = !isSignedIn;
    answer(isSignedIn);
    if (isSignedIn) void queries.invalidateQueries();
  };
  return (
    <Suspense>
      <SignInDialog user={user} onDone={done} />
    </Suspense>
  );
}

/** The user of the first answer. The page stays theirs, even if somebody else signs in later. */
function usePageUser() {
  const user = useMe().data?.user;
  const first = useRef(user);
  first.current ??= user;
  const { current } = first;
  useEffect(() => {
    if (current !== undefined) setPageUser(current.id);
  }, [current]);
  return current ?? null;
}
