/** A form that is sent: busy while it is being sent, with the reason if it was refused. */
import { type FormEvent, useState } from 'react';

export interface Sending {
  readonly submit: (event?: FormEvent) => Promise<void>;
  readonly isBusy: boolean;
  /** Why it was refused the last time. */
  readonly error: unknown;
  readonly forget: () => void;
}

export function useForm(send: () => Promise<unknown>): Sending {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await send();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  return { submit, isBusy, error, forget: () => setError(null) };
}
