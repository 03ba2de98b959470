/** Calls that wait for one dialog, and for its answer, which they share. */
import { useCallback, useState } from 'react';

type Resolve = (isDone: boolean) => void;

export function useWaiting() {
  const [waiting, setWaiting] = useState<readonly Resolve[]>([]);
  const wait = useCallback(() => new Promise<boolean>((resolve) => setWaiting((before) => [...before, resolve])), []);
  const answer = (isDone: boolean): void => {
    setWaiting([]);
    for (const resolve of waiting) resolve(isDone);
  };
  return { isWaiting: waiting.length > 0, wait, answer };
}
