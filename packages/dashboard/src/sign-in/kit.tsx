/** The few things that these pages are made of. */
import { type ChangeEvent, type FormEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { AskError } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { words } from './words.ts';

export function Card({ brand, title, children }: { brand: State['brand']; title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${brand.name}`;
  }, [title, brand.name]);
  return (
    <div className="page">
      <div className="brand">
        {brand.logo_url === null ? <span>{brand.name}</span> : <img src={brand.logo_url} alt={brand.name} />}
      </div>
      <main className="card">
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly type?: 'email' | 'password' | 'text';
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly autoComplete: string;
  readonly fault?: string | undefined;
  readonly hint?: string;
  readonly optional?: boolean;
  readonly inputMode?: 'numeric' | 'text' | 'email';
}

/** A labelled field with its fault beside it; a password can be shown. */
export function Field({
  label,
  name,
  type = 'text',
  value,
  onChange,
  autoComplete,
  fault,
  hint,
  optional = false,
  inputMode,
}: FieldProps) {
  const id = useId();
  const [isShown, setShown] = useState(false);
  const notes = [fault === undefined ? null : `${id}-fault`, hint === undefined ? null : `${id}-hint`].filter(
    (note) => note !== null,
  );
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="box">
        <input
          id={id}
          name={name}
          type={type === 'password' && isShown ? 'text' : type}
          className={type === 'password' ? 'withToggle' : ''}
          value={value}
          onChange={(event: ChangeEvent<HTMLInputElement>) => onChange(event.currentTarget.value)}
          autoComplete={autoComplete}
          autoCapitalize="none"
          spellCheck={false}
          required={!optional}
          inputMode={inputMode}
          aria-invalid={fault !== undefined}
          aria-describedby={notes.length === 0 ? undefined : notes.join(' ')}
        />
        {type === 'password' && (
          <button
            type="button"
            className="toggle"
            aria-pressed={isShown}
            aria-label={`${isShown ? words.hide : words.show}: ${label}`}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? words.hide : words.show}
          </button>
        )}
      </div>
      {fault !== undefined && (
        <p className="fault" id={`${id}-fault`} role="alert">
          {fault}
        </p>
      )}
      {hint !== undefined && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function Form({ onSubmit, children }: { onSubmit: () => void; children: ReactNode }) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  // The server's sentences stand at the fields; the browser's own bubbles would say things twice.
  return (
    <form method="post" onSubmit={submit} noValidate>
      {children}
    </form>
  );
}

export function Submit({ isBusy, disabled = false, children }: { isBusy: boolean; disabled?: boolean; children: ReactNode }) {
  return (
    <button type="submit" className="button" disabled={isBusy || disabled} aria-busy={isBusy}>
      {isBusy ? words.working : children}
    </button>
  );
}

export function Notice({ bad = false, children }: { bad?: boolean; children: ReactNode }) {
  return (
    <p className={bad ? 'notice bad' : 'notice'} role={bad ? 'alert' : 'status'}>
      {children}
    </p>
  );
}

/** What is being done, and how it went. One thing at a time. */
export function useTask() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  const seconds = useCountdown(error);
  return { isBusy, error, run, seconds, clear: () => setError(null), faultOf: (field: string) => faultOf(error, field) };
}

export type Task = ReturnType<typeof useTask>;

function faultOf(error: unknown, field: string): string | undefined {
  return error instanceof AskError && error.refusal.kind === 'invalid' ? error.refusal.errors[field]?.join(' ') : undefined;
}

/** How long the limit still holds; 0 when there is none. */
function useCountdown(error: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (!(error instanceof AskError) || error.refusal.kind !== 'wait') return setLeft(0);
    const endsAt = Date.now() + error.refusal.seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((endsAt - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}

/** What is no fault of a field. `fields`: those that show their own. */
export function TaskError({ task, fields }: { task: Task; fields: readonly string[] }) {
  const sentence = sentenceOf(task, fields);
  return sentence === null ? null : <Notice bad>{sentence}</Notice>;
}

function sentenceOf({ error, seconds }: Task, fields: readonly string[]): string | null {
  if (error === null) return null;
  // What the browser throws when the person turned away from its passkey dialog, or it ran out of time.
  if (error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError')) return words.passkeyCancelled;
  if (!(error instanceof AskError)) return words.broken(null);
  const { refusal } = error;
  switch (refusal.kind) {
    case 'invalid': {
      const other = Object.entries(refusal.errors).find(([field]) => !fields.includes(field));
      return other === undefined ? null : other[1].join(' ');
    }
    case 'wait':
      return seconds === 0 ? null : words.wait(seconds);
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
