/** What is being done, and its outcome. */
import { useCallback, useRef, useState } from 'react';
import { AskError } from '../lib/ask.ts';
import { secondsToWait, useCountdown } from '../lib/countdown.ts';
import { isCancelled } from './passkey.ts';
import { words } from './words.ts';

export type Task = ReturnType<typeof useTask>;

/** One thing at a time: a request during another one is ignored. */
export function useTask() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isRunning = useRef(false);
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (caught) {
      setError(caught);
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  };
  const fail = useCallback((caught: unknown) => setError(caught), []);
  return {
    isBusy,
    error,
    run,
    fail,
    clear: () => setError(null),
    /** How long a limit still applies; 0 if there is none. */
    seconds: useCountdown(error),
    secondsAtFirst: secondsToWait(error),
    faultOf: (field: string): string | undefined =>
      error instanceof AskError && error.refusal.kind === 'invalid' ? error.refusal.errors[field]?.join(' ') : undefined,
  };
}

/** Null: nothing to show, or a field shows it. */
export function sentenceOf(error: unknown, fields: readonly string[]): string | null {
  if (error === null) return null;
  if (isCancelled(error)) return words.passkeyCancelled;
  if (!(error instanceof AskError)) return words.broken(null);
  const { refusal } = error;
  switch (refusal.kind) {
    case 'invalid': {
      const other = Object.entries(refusal.errors).find(([field]) => !fields.includes(field));
      return other === undefined ? null : other[1].join(' ');
    }
    case 'wait':
      return null;
    case 'offline':
      return words.offline;
    case 'unavailable':
      return words.unavailable;
    case 'broken':
      return words.broken(refusal.requestId);
    default:
      return words.notAllowed;
  }
}
