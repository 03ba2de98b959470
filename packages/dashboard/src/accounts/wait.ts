/** How long a limit of the server still holds. */
import { useEffect, useState } from 'react';
import { AskError } from '../lib/ask.ts';

/** Seconds left, counting down; 0 when `error` is no limit, or it is over. */
export function useWait(error: unknown): number {
  const seconds = error instanceof AskError && error.refusal.kind === 'wait' ? error.refusal.seconds : 0;
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (error === null || seconds === 0) return setLeft(0);
    const endsAt = Date.now() + seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((endsAt - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [error, seconds]);
  return left;
}
