/** Registering, and the first administrator's setup, which is the same with a link from the log. */
import { useState } from 'react';
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { goTo } from './go.ts';
import { Card, Field, Form, Notice, Submit, TaskError, useTask } from './kit.tsx';
import { words } from './words.ts';

const said = words.register;
const FIELDS = ['email', 'password', 'display_name'];

/** `invitation`: the address that it is for, and its ticket. */
export function Register({ state, invitation }: { state: State; invitation?: { email: string; ticket: string } }) {
  if (invitation === undefined && state.signup !== 'open') {
    return (
      <Card brand={state.brand} title={said.title(state.brand.name)}>
        <Notice>{state.signup === 'invite' ? said.invite : said.closed}</Notice>
        <ToLogIn />
      </Card>
    );
  }
  return (
    <Card brand={state.brand} title={said.title(state.brand.name)}>
      {invitation !== undefined && <Notice>{words.invitation.for(invitation.email)}</Notice>}
      <NewUser
        button={said.button}
        email={invitation?.email ?? ''}
        send={(body) =>
          ask('POST /register', { body: { ...body, ...(invitation === undefined ? {} : { invitation: invitation.ticket }) } })
        }
      />
      <ToLogIn />
    </Card>
  );
}

export function Setup({ state, ticket }: { state: State; ticket: string }) {
  return (
    <Card brand={state.brand} title={words.setup.title}>
      <p>{words.setup.intro}</p>
      <NewUser button={words.setup.button} email="" send={(body) => ask('POST /setup', { body: { ...body, ticket } })} />
    </Card>
  );
}

interface NewUserBody {
  readonly email: string;
  readonly password: string;
  readonly display_name: string;
}

function NewUser({
  button,
  email: known,
  send,
}: {
  button: string;
  email: string;
  send: (body: NewUserBody) => Promise<{ to: string }>;
}) {
  const [email, setEmail] = useState(known);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const task = useTask();
  const submit = () => task.run(async () => goTo((await send({ email, password, display_name: name })).to));
  return (
    <>
      <TaskError task={task} fields={FIELDS} />
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
        <Field
          label={words.name}
          name="name"
          autoComplete="name"
          value={name}
          onChange={setName}
          fault={task.faultOf('display_name')}
          hint={words.nameHint}
          optional
        />
        <Field
          label={words.password}
          name="password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          fault={task.faultOf('password')}
          hint={words.passwordHint}
        />
        <Submit isBusy={task.isBusy} disabled={task.seconds > 0}>
          {button}
        </Submit>
      </Form>
    </>
  );
}

function ToLogIn() {
  return (
    <div className="links">
      <span>
        {said.has}{' '}
        <a className="link" href="/login">
          {words.logIn.button}
        </a>
      </span>
    </div>
  );
}
