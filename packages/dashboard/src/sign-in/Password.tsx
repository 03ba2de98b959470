/** A forgotten password: asking for the link, and setting a new one with it. */
import { useState } from 'react';
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { Card, Field, Form, Notice, Submit, TaskError, useTask } from './kit.tsx';
import { words } from './words.ts';

export function Forgot({ state }: { state: State }) {
  const [email, setEmail] = useState('');
  const [isSent, setSent] = useState(false);
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      await ask('POST /forgot', { body: { email } });
      setSent(true);
    });
  return (
    <Card brand={state.brand} title={words.forgot.title}>
      {isSent ? <Notice>{words.forgot.sent}</Notice> : <p>{words.forgot.intro}</p>}
      <TaskError task={task} fields={['email']} />
      {!isSent && (
        <Form onSubmit={submit}>
          <Field
            label={words.email}
            name="email"
            type="email"
            inputMode="email"
            autoComplete="username"
            value={email}
            onChange={setEmail}
            fault={task.faultOf('email')}
          />
          <Submit isBusy={task.isBusy} disabled={task.seconds > 0 || email === ''}>
            {words.forgot.button}
          </Submit>
        </Form>
      )}
      <div className="links">
        <a className="link" href="/login">
          {words.forgot.back}
        </a>
      </div>
    </Card>
  );
}

export function Reset({ state, ticket, email }: { state: State; ticket: string; email: string }) {
  const [password, setPassword] = useState('');
  const [isDone, setDone] = useState(false);
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      await ask('POST /reset', { body: { ticket, password } });
      setDone(true);
    });
  if (isDone) {
    return (
      <Card brand={state.brand} title={words.reset.title}>
        <Notice>{words.reset.done}</Notice>
        <a className="button" href="/login">
          {words.logIn.button}
        </a>
      </Card>
    );
  }
  return (
    <Card brand={state.brand} title={words.reset.title}>
      <p>{words.reset.intro(email)}</p>
      <TaskError task={task} fields={['password']} />
      <Form onSubmit={submit}>
        {/* For password managers: whose password it is. */}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <Field
          label={words.newPassword}
          name="password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          fault={task.faultOf('password')}
          hint={words.passwordHint}
        />
        <Submit isBusy={task.isBusy}>{words.reset.button}</Submit>
      </Form>
    </Card>
  );
}
