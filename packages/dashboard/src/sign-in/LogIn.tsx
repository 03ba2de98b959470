/** Address and password on one page; a second step if there is one; or a passkey, which is both. */
import { useEffect, useRef, useState } from 'react';
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { FirstProof } from './FirstProof.tsx';
import { goOn, waiting, withWaiting } from './go.ts';
import { requireCookie } from './kept-cookie.ts';
import { Card, CurrentPassword, Field, Form, Links, Notice, Submit, TaskError, useTask } from './kit.tsx';
import { Providers } from './Providers.tsx';
import { knowsPasskeys, offerPasskeys, signInWithPasskey } from './passkey.ts';
import { SecondStep, type StepMethod } from './SecondStep.tsx';
import { words } from './words.ts';

const said = words.logIn;

interface Props {
  readonly state: State;
  /** Why it is asked for here. */
  readonly notice?: string;
  /** Why the last attempt, with another provider, failed. */
  readonly failure?: string | null;
  /** Of the user that it is for, if known. */
  readonly email?: string;
  /** Instead of continuing where an application waits, or where the server says. */
  readonly onEntered?: (to: string) => void;
  /** What waits on this page, as a path that leads back to it: another provider leads away, and the page is gone. */
  readonly link?: string;
}

export function LogIn({ state, notice, failure = null, email: known = waiting().hint, onEntered = goOn, link }: Props) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const [firstProof, setFirstProof] = useState(state.first_proof);
  const [methods, setMethods] = useState<readonly StepMethod[] | null>(() => waitingStep(state));
  const task = useTask();
  const trouble = navigator.cookieEnabled ? failure : words.noCookies;
  const hasPasskeys = state.passkeys && knowsPasskeys();
  useAutofill(hasPasskeys && methods === null && firstProof === null, onEntered, task.fail);

  const submit = () =>
    task.run(async () => {
      const answer = await ask('POST /log-in', { body: { email, password } });
      await requireCookie(answer.next === 'done' ? 'sign-in' : 'step');
      if (answer.next === 'done') onEntered(answer.to);
      else setMethods(answer.methods);
    });
  const withPasskey = () =>
    task.run(async () => {
      const { to } = await signInWithPasskey();
      await requireCookie('sign-in');
      onEntered(to);
    });

  const again = async () => {
    // First, so that a reload of the page does not lead back to the second step. If this fails, the first step expires in ten
    // minutes.
    await ask('POST /log-in/again').catch(() => undefined);
    setFirstProof(null);
    setMethods(null);
    setPassword('');
  };
  if (firstProof !== null) return <FirstProof brand={state.brand} about={firstProof} onEntered={onEntered} onAgain={again} />;
  if (methods !== null) {
    return <SecondStep brand={state.brand} methods={methods} onEntered={onEntered} onAgain={again} />;
  }
  return (
    <Card brand={state.brand} title={said.title(state.brand.name)}>
      {notice !== undefined && <Notice>{notice}</Notice>}
      {trouble !== null && task.error === null && <Notice bad>{trouble}</Notice>}
      <TaskError task={task} fields={['email', 'password']} />
      <Form onSubmit={submit} task={task}>
        <Field
          label={words.email}
          name="email"
          type="email"
          autoComplete="username webauthn"
          value={email}
          onChange={setEmail}
          fault={task.faultOf('email')}
        />
        <CurrentPassword value={password} onChange={setPassword} task={task} />
        <Submit task={task}>{said.button}</Submit>
      </Form>
      {(hasPasskeys || state.providers.length > 0) && <div className="between">{words.or}</div>}
      {hasPasskeys && (
        <button type="button" className="button plain" disabled={task.isBusy} onClick={withPasskey}>
          {said.passkey}
        </button>
      )}
      <Providers providers={state.providers} task={task} link={link} />
      {!state.passkeys && <p className="soft">{words.noPasskeys}</p>}
      <Links>
        <a className="link" href={withWaiting('/forgot')}>
          {said.forgot}
        </a>
        {state.signup === 'open' && (
          <span>
            {said.noAccount}{' '}
            <a className="link" href={withWaiting('/register')}>
              {said.register}
            </a>
          </span>
        )}
      </Links>
    </Card>
  );
}

/** A first step that was done already: the page was loaded again, or another provider was the first step. */
const waitingStep = ({ step }: State): readonly StepMethod[] | null => step;

/** Passkeys are offered in the field of the address; ignoring the offer has no effect. */
function useAutofill(isOffered: boolean, onEntered: (to: string) => void, onFailed: (error: unknown) => void): void {
  const latest = useRef({ onEntered, onFailed });
  useEffect(() => {
    latest.current = { onEntered, onFailed };
  });
  useEffect(() => {
    if (!isOffered) return;
    return offerPasskeys(
      (to) =>
        void requireCookie('sign-in').then(
          () => latest.current.onEntered(to),
          (error: unknown) => latest.current.onFailed(error),
        ),
      (error) => latest.current.onFailed(error),
    );
  }, [isOffered]);
}
