/** The few parts that these pages are built from. */
import { type ChangeEvent, type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { hintFor } from '../lib/new-password.ts';
import type { State } from '../lib/state.ts';
import { passwordHint } from '../lib/words.ts';
import { sentenceOf, type Task } from './task.ts';
import { words } from './words.ts';

export { useTask } from './task.ts';

/** The operator's name or logo, at its place on every one of these pages. */
export function Brand({ brand }: { brand: State['brand'] }) {
  return (
    <header className="brand">
      {brand.logo_url === null ? (
        <>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="7" />
            <circle cx="11.5" cy="20.5" r="4.7" />
            <path d="m15 17 9-9m-4.500 4.500 3.300 3.300" />
          </svg>
          <span>{brand.name}</span>
        </>
      ) : (
        <img src={brand.logo_url} alt={brand.name} />
      )}
    </header>
  );
}

/** The first heading is where a page begins anyway; each one after it takes the focus, so that a screen reader reads it. */
let isFirst = true;

export function Card({ brand, title, children }: { brand: State['brand']; title: string; children: ReactNode }) {
  const card = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${brand.name}`;
    if (!isFirst && !card.current?.contains(document.activeElement)) heading.current?.focus();
    isFirst = false;
  }, [title, brand.name]);
  return (
    <div className="page">
      <Brand brand={brand} />
      <main className="card" ref={card}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
    </div>
  );
}

export const Links = ({ children }: { children: ReactNode }) => <div className="links">{children}</div>;

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly type?: 'email' | 'password' | 'text';
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly autoComplete: string;
  readonly fault?: string | undefined;
  readonly hint?: string;
  readonly inputMode?: 'numeric';
  readonly isOptional?: boolean;
  readonly isFixed?: boolean;
  readonly isCode?: boolean;
  /** Only if the user has just asked for this field. */
  readonly takesFocus?: boolean;
}

/** A labelled field with its fault next to it; a password can be shown. */
export function Field(props: FieldProps) {
  const { label, name, type = 'text', value, onChange, autoComplete, fault, hint, inputMode } = props;
  const { isOptional = false, isFixed = false, isCode = false, takesFocus = false } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (takesFocus) input.current?.focus();
  }, [takesFocus]);
  const notes = [fault === undefined ? [] : [`${id}-fault`], hint === undefined ? [] : [`${id}-hint`]].flat();
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {isOptional && <span className="soft"> {words.optional}</span>}
      </label>
      <div className="box">
        <input
          ref={input}
          id={id}
          name={name}
          type={type === 'password' && isShown ? 'text' : type}
          className={[type === 'password' ? 'withToggle' : '', isCode ? 'code' : ''].join(' ').trim() || undefined}
          value={value}
          onChange={(event: ChangeEvent<HTMLInputElement>) => onChange(event.currentTarget.value)}
          autoComplete={autoComplete}
          autoCapitalize={name === 'name' ? 'words' : 'none'}
          spellCheck={false}
          required={!isOptional}
          readOnly={isFixed}
          inputMode={inputMode}
          aria-invalid={fault === undefined ? undefined : true}
          aria-describedby={notes.length === 0 ? undefined : notes.join(' ')}
        />
        {type === 'password' && (
          <button
            type="button"
            className="toggle"
            aria-label={isShown ? words.hidePassword : words.showPassword}
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

interface CurrentPasswordProps extends Pick<FieldProps, 'value' | 'onChange' | 'takesFocus'> {
  readonly task: Task;
}

/** The user's current password, as password managers know it. */
export const CurrentPassword = ({ task, ...field }: CurrentPasswordProps) => (
  <Field
    label={words.password}
    name="password"
    type="password"
    autoComplete="current-password"
    fault={task.faultOf('password')}
    {...field}
  />
);

interface NewPasswordProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly task: Task;
  /** What is known of the user, which must not be the password. */
  readonly personal: readonly string[];
}

/** No second field to repeat it: it can be shown. The hint follows what is typed. */
export function NewPassword({ label, value, onChange, task, personal }: NewPasswordProps) {
  return (
    <Field
      label={label}
      name="password"
      type="password"
      autoComplete="new-password"
      value={value}
      onChange={onChange}
      fault={task.faultOf('password')}
      hint={passwordHint(hintFor(value, personal))}
    />
  );
}

export function Form({ onSubmit, task, children }: { onSubmit: () => void; task: Task; children: ReactNode }) {
  const form = useRef<HTMLFormElement>(null);
  const { error } = task;
  // The field with a fault takes the focus.
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  // The server's sentences are shown at the fields; the browser's own bubbles would repeat them. Without script nothing goes into
  // a URL.
  return (
    <form ref={form} method="post" onSubmit={submit} noValidate>
      {children}
    </form>
  );
}

/** Keeps the focus while it works: a disabled button would lose it. */
export function Submit({ task, children }: { task: Task; children: ReactNode }) {
  return (
    <button
      type="submit"
      className="button"
      aria-disabled={task.isBusy || task.seconds > 0}
      onClick={(event) => {
        if (task.isBusy || task.seconds > 0) event.preventDefault();
      }}
    >
      {task.isBusy ? words.working : children}
    </button>
  );
}

export function Notice({ bad = false, children }: { bad?: boolean; children: ReactNode }) {
  return (
    <div className={bad ? 'notice bad' : 'notice'} role={bad ? 'alert' : 'status'}>
      {children}
    </div>
  );
}

/** Errors that belong to no field. `fields`: those that show their own. */
export function TaskError({ task, fields = [] }: { task: Task; fields?: readonly string[] }) {
  if (task.seconds > 0) {
    // Read out once; the seconds are only visible.
    return (
      <Notice bad>
        {words.tooMany} <span aria-hidden="true">{words.waitFor(task.seconds)}</span>
        <span className="unseen">{words.waitFor(task.secondsAtFirst)}</span>
      </Notice>
    );
  }
  const sentence = sentenceOf(task.error, fields);
  return sentence === null ? null : <Notice bad>{sentence}</Notice>;
}
