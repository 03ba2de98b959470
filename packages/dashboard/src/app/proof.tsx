/** Hangs the proof dialog on `ask`. Calls that come while it is open wait for the same answer. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { helpers } from '../lib/ask.ts';

const ProofDialog = lazy(() => import('./ProofDialog.tsx'));

export function ProofKeeper() {
  const [waiting, setWaiting] = useState<readonly ((proved: boolean) => void)[]>([]);
  useEffect(() => {
    helpers.askForProof = () => new Promise((resolve) => setWaiting((before) => [...before, resolve]));
    return () => {
      helpers.askForProof = null;
    };
  }, []);
  if (waiting.length === 0) return null;
  const done = (proved: boolean) => {
    setWaiting([]);
    for (const resolve of waiting) resolve(proved);
  };
  return (
    <Suspense>
      <ProofDialog onDone={done} />
    </Suspense>
  );
}
