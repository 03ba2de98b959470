/** Connects the proof dialog to `ask`. Calls that come while it is open wait for the same answer. */
import { lazy, Suspense, useEffect } from 'react';
import { helpers } from '../lib/ask.ts';
import { useWaiting } from './waiting.ts';

const ProofDialog = lazy(() => import('./ProofDialog.tsx'));

export function ProofKeeper() {
  const { isWaiting, wait, answer } = useWaiting();
  useEffect(() => {
    helpers.askForProof = wait;
    return () => {
      helpers.askForProof = null;
    };
  }, [wait]);
  if (!isWaiting) return null;
  return (
    <Suspense>
      <ProofDialog onDone={answer} />
    </Suspense>
  );
}
