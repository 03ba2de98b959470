/** Registering, and the first administrator's setup, which is the same with a link from the log. */
import { useState } from 'react';
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { goOn, waiting, withWaiting } from './go.ts';
import { requireCookie } from './kept-cookie.ts';
import { Card, Field, Form, Links, NewPassword, Notice, Submit, TaskError, useTask } from './kit.tsx';
import { Providers } from './Providers.tsx';
import { words } from './words.ts';

const said = words.register;

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
        {...(invitation === undefined ? {} : { fixedEmail: invitation.email })}
        send={(body) =>
          ask('POST /register', { body: { ...body, ...(invitation === undefined ? {} : { invitation: invitation.ticket }) } })
        }
      />
      {invitation !== undefined && state.providers.length > 0 && (
        <WithProvider providers={state.providers} ticket={invitation.ticket} />
      )}
      <ToLogIn />
    </Card>
  );
}

/** The invitation is passed along: it is used up by the account that comes back with its address. */
function WithProvider({ providers, ticket }: { providers: State['providers']; ticket: string }) {
  const task = useTask();
  return (
    <>
      <div className="between">{words.or}</div>
      <TaskError task={task} />
      <Providers providers={providers} task={task} link={`/invitation#${ticket}`} />
    </>
  );
}

export function Setup({ state, ticket }: { state: State; ticket: string }) {
  return (
    <Card brand={state.brand} title={words.setup.title(state.brand.name)}>
      <p>{words.setup.intro}</p>
      <NewUser button={words.setup.button} send={(body) => ask('POST /setup', { body: { ...body, ticket } })} />
    </Card>
  );
}

interface NewUserBody {
  readonly email: string;
  readonly password: string;
  readonly display_name?: string;
}

interface Props {
  readonly button: string;
  /** The only address that an invitation accepts. */
  readonly fixedEmail?: string;
  readonly send: (body: NewUserBody) => Promise<{ to: string }>;
}

function NewUser({ button, fixedEmail, send }: Props) {
  const [email, setEmail] = useState(fixedEmail ?? waiting().hint);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      const { to } = await send({ email, password, ...(name === '' ? {} : { display_name: name }) });
      await requireCookie('sign-in');
      goOn(to);
    });
  return (
    <>
      <TaskError task={task} fields={['email', 'password', 'display_name']} />
      <Form onSubmit={submit} task={task}>
        <Field
          label={words.email}
          name="email"
          type="email"
          autoComplete="username"
          value={email}
          onChange={setEmail}
          fault={task.faultOf('email')}
          isFixed={fixedEmail !== undefined}
        />
        <Field
          label={words.name}
          name="name"
          autoComplete="name"
          value={name}
          onChange={setName}
          fault={task.faultOf('display_name')}
          isOptional
        />
        <NewPassword label={words.password} value={password} onChange={setPassword} task={task} personal={[email, name]} />
        <Submit task={task}>{button}</Submit>
      </Form>
    </>
  );
}

function ToLogIn() {
  return (
    <Links>
      <span>
        {said.has}{' '}
        <a className="link" href={withWaiting('/login')}>
          {words.logIn.button}
        </a>
      </span>
    </Links>
  );
}
