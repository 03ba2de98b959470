/** How long a limit of the server still applies. */
import { useEffect, useState } from 'react';
import { AskError } from './ask.ts';

/** Seconds that the server asked to wait; 0 when `error` says nothing of it. */
export const secondsToWait = (error: unknown): number =>
  error instanceof AskError && error.refusal.kind === 'wait' ? error.refusal.seconds : 0;

/** Seconds left of them, counting down; 0 when the wait is over. */
export function useCountdown(error: unknown): number {
  const seconds = secondsToWait(error);
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
