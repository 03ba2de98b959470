/** Address and password on one page; a second step where there is one; or a passkey, which is both. */
import { useEffect, useState } from 'react';
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { goTo, waitingPage } from './go.ts';
import { Card, Field, Form, Notice, Submit, TaskError, useTask } from './kit.tsx';
import { canAutofill, enterWithPasskey, knowsPasskeys } from './passkey.ts';
import { SecondStep, type StepMethod } from './SecondStep.tsx';
import { words } from './words.ts';

const said = words.logIn;

/** A link that waited for the log-in comes first. */
export const goOn = (to: string): void => goTo(waitingPage() ?? to);

export function LogIn({ state, notice }: { state: State; notice?: string }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [methods, setMethods] = useState<readonly StepMethod[] | null>(null);
  const task = useTask();
  useAutofill(state.passkeys);

  const submit = () =>
    task.run(async () => {
      const answer = await ask('POST /log-in', { body: { email, password } });
      if (answer.next === 'done') goOn(answer.to);
      else setMethods(answer.methods);
    });
  const withPasskey = () => task.run(async () => goOn((await enterWithPasskey()).to));
  const withProvider = (provider: string) =>
    task.run(async () => {
      const { url } = await ask('POST /providers/:provider/start', { params: { provider }, body: { purpose: 'log-in' } });
      window.location.assign(url);
    });

  if (methods !== null) {
    const again = () => {
      setMethods(null);
      setPassword('');
    };
    return <SecondStep brand={state.brand} methods={methods} onAgain={again} />;
  }
  return (
    <Card brand={state.brand} title={said.title(state.brand.name)}>
      {notice !== undefined && <Notice>{notice}</Notice>}
      <TaskError task={task} fields={['email', 'password']} />
      <Form onSubmit={submit}>
        <Field
          label={words.email}
          name="email"
          type="email"
          inputMode="email"
          autoComplete="username webauthn"
          value={email}
          onChange={setEmail}
          fault={task.faultOf('email')}
        />
        <Field
          label={words.password}
          name="password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          fault={task.faultOf('password')}
        />
        <Submit isBusy={task.isBusy} disabled={task.seconds > 0}>
          {said.button}
        </Submit>
      </Form>
      {((state.passkeys && knowsPasskeys()) || state.providers.length > 0) && <div className="between">{words.or}</div>}
      {state.passkeys && knowsPasskeys() && (
        <button type="button" className="button plain" disabled={task.isBusy} onClick={withPasskey}>
          {said.passkey}
        </button>
      )}
      {state.providers.map(({ id, name }) => (
        <button key={id} type="button" className="button plain" disabled={task.isBusy} onClick={() => withProvider(id)}>
          {said.provider(name)}
        </button>
      ))}
      {!state.passkeys && <p className="soft">{words.noPasskeys}</p>}
      <div className="links">
        <a className="link" href="/forgot">
          {said.forgot}
        </a>
        {state.signup === 'open' && (
          <span>
            {said.noAccount}{' '}
            <a className="link" href="/register">
              {said.register}
            </a>
          </span>
        )}
      </div>
    </Card>
  );
}

/** Passkeys are offered where the address is typed; whoever ignores the offer loses nothing. */
function useAutofill(isOffered: boolean): void {
  useEffect(() => {
    if (!isOffered) return;
    let isGone = false;
    const offer = async () => {
      if (!(await canAutofill()) || isGone) return;
      const { to } = await enterWithPasskey({ autofill: true });
      if (!isGone) goOn(to);
    };
    offer().catch(() => undefined);
    return () => {
      isGone = true;
    };
  }, [isOffered]);
}
