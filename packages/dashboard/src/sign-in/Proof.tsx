/**
 * "Confirm it's you": asked on the consent page when the last proof is older than ten minutes, before an application gets
 * anything new.
 */
import { useState } from 'react';
import { ask } from '../lib/ask.ts';
import type { Brand } from '../lib/state.ts';
import { withWaiting } from './go.ts';
import { Card, CurrentPassword, Field, Form, Links, Submit, TaskError, useTask } from './kit.tsx';
import { knowsPasskeys, proveWithPasskey } from './passkey.ts';
import { kindOf, useAnswer, WaitingForAnswer } from './waiting-for-answer.tsx';
import { words } from './words.ts';

const said = words.proof;

interface Props {
  readonly brand: Brand;
  readonly onProved: () => void;
  readonly onBack: () => void;
  readonly onSignedOut: () => void;
}

export function Proof({ brand, onProved, onBack, onSignedOut }: Props) {
  const [password, setPassword] = useState('');
  const orSignedOut = (error: unknown): never => {
    if (kindOf(error) === 'signed_out') onSignedOut();
    throw error;
  };
  const me = useAnswer(() => ask('GET /me').catch(orSignedOut));
  const task = useTask();
  if (me.answer === null) return <WaitingForAnswer brand={brand} title={said.title} of={me} />;
  const { proof_methods: methods, user } = me.answer;
  const prove = (how: () => Promise<unknown>) =>
    task.run(async () => {
      await how().catch(orSignedOut);
      onProved();
    });
  const hasPassword = methods.includes('password');
  return (
    <Card brand={brand} title={said.title}>
      <p>{said.why}</p>
      <TaskError task={task} fields={['password']} />
      {hasPassword && (
        <Form onSubmit={() => prove(() => ask('POST /proof', { body: { password } }))} task={task}>
          {/* Read-only; it tells a password manager whose password it is. */}
          <Field
            label={words.email}
            name="email"
            type="email"
            autoComplete="username"
            value={user.email}
            onChange={() => {}}
            isFixed
          />
          <CurrentPassword value={password} onChange={setPassword} task={task} takesFocus />
          <Submit task={task}>{said.button}</Submit>
        </Form>
      )}
      {methods.includes('passkey') && knowsPasskeys() && (
        <button
          type="button"
          className={hasPassword ? 'button plain' : 'button'}
          disabled={task.isBusy}
          onClick={() => prove(proveWithPasskey)}
        >
          {said.passkey}
        </button>
      )}
      <Links>
        <button type="button" className="link" onClick={onBack}>
          {said.back}
        </button>
        {/* Also for users who sign in only through another provider. */}
        <a className="link" href={withWaiting('/login')}>
          {said.logIn}
        </a>
      </Links>
    </Card>
  );
}
