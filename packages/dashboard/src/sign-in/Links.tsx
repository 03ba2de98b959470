/** What links from mails lead to: each looks at its ticket first, and says plainly when it is over. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type Api, ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { goTo, keepTicket } from './go.ts';
import { Card, Notice, TaskError, useTask } from './kit.tsx';
import { LogIn } from './LogIn.tsx';
import { Reset } from './Password.tsx';
import { Register, Setup } from './Register.tsx';
import { words } from './words.ts';

interface Props {
  readonly state: State;
  readonly path: string;
  readonly ticket: string | null;
}

/** Asks once, also where React runs effects twice; a ticket is good once. */
function useOnce<Answer>(work: () => Promise<Answer>) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const task = useTask();
  const hasBegun = useRef(false);
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    void task.run(async () => setAnswer(await work()));
  });
  return { answer, task };
}

function Waiting({
  state,
  title,
  task,
  children,
}: {
  state: State;
  title: string;
  task: ReturnType<typeof useTask>;
  children?: ReactNode;
}) {
  return (
    <Card brand={state.brand} title={title}>
      {task.isBusy && <p role="status">{words.working}</p>}
      <TaskError task={task} fields={[]} />
      {children}
      {!task.isBusy && (
        <div className="links">
          <a className="link" href="/dashboard">
            {words.toDashboard}
          </a>
        </div>
      )}
    </Card>
  );
}

export function NoTicket({ state, title }: { state: State; title: string }) {
  return (
    <Card brand={state.brand} title={title}>
      <Notice bad>{words.noTicket}</Notice>
      <div className="links">
        <a className="link" href="/dashboard">
          {words.toDashboard}
        </a>
      </div>
    </Card>
  );
}

export function ResetLink({ state, ticket }: Props) {
  const { answer, task } = useOnce(() => ask('POST /reset/check', { body: { ticket: ticket ?? '' } }));
  if (ticket === null) return <NoTicket state={state} title={words.reset.title} />;
  if (answer === null) return <Waiting state={state} title={words.reset.title} task={task} />;
  return <Reset state={state} ticket={ticket} email={answer.email} />;
}

export function SetupLink({ state, ticket }: Props) {
  const { answer, task } = useOnce(async () => {
    await ask('POST /setup/check', { body: { ticket: ticket ?? '' } });
    return true;
  });
  if (ticket === null) return <NoTicket state={state} title={words.setup.title} />;
  if (answer === null) return <Waiting state={state} title={words.setup.title} task={task} />;
  return <Setup state={state} ticket={ticket} />;
}

/** Proves an address, or takes a new one; whoever is not signed in logs in first and comes back. */
export function EmailLink({ state, path, ticket }: Props) {
  const said = path === '/new-email' ? words.newEmail : words.verify;
  if (ticket === null) return <NoTicket state={state} title={said.title} />;
  if (!state.signed_in) {
    keepTicket(path, ticket);
    return <LogIn state={state} notice={said.signedOut} />;
  }
  return <ConfirmEmail state={state} path={path} ticket={ticket} />;
}

function ConfirmEmail({ state, path, ticket }: { state: State; path: string; ticket: string }) {
  const said = path === '/new-email' ? words.newEmail : words.verify;
  const { answer, task } = useOnce(() =>
    path === '/new-email' ? ask('POST /me/email/confirm', { body: { ticket } }) : ask('POST /verify-email', { body: { ticket } }),
  );
  return (
    <Waiting state={state} title={said.title} task={task}>
      {answer !== null && <Notice>{said.done(answer.email)}</Notice>}
    </Waiting>
  );
}

type Invitation = Api['POST /invitation/check']['answer'];

export function InvitationLink({ state, path, ticket }: Props) {
  const { answer, task } = useOnce(() => ask('POST /invitation/check', { body: { ticket: ticket ?? '' } }));
  if (ticket === null) return <NoTicket state={state} title={words.invitation.title} />;
  if (answer === null) return <Waiting state={state} title={words.invitation.title} task={task} />;
  return <Invited state={state} path={path} ticket={ticket} invitation={answer} />;
}

function Invited({ state, path, ticket, invitation }: { state: State; path: string; ticket: string; invitation: Invitation }) {
  const [way, setWay] = useState<'ask' | 'log-in' | 'register'>('ask');
  const task = useTask();
  const said = words.invitation;
  const { account, invited_by: invitedBy, email } = invitation;
  const accept = () =>
    task.run(async () => {
      const { account: id } = await ask('POST /invitation/accept', { body: { ticket } });
      goTo(`/dashboard/accounts/${id}`);
    });
  if (way === 'register') return <Register state={state} invitation={{ email, ticket }} />;
  if (way === 'log-in') {
    keepTicket(path, ticket);
    return <LogIn state={state} notice={said.for(email)} />;
  }
  return (
    <Card brand={state.brand} title={said.title}>
      <p>{account === null ? said.place(invitedBy, state.brand.name) : said.team(account.name, account.role, invitedBy)}</p>
      <p className="soft">{said.for(email)}</p>
      <TaskError task={task} fields={[]} />
      {state.signed_in && account !== null ? (
        <button type="button" className="button" disabled={task.isBusy} onClick={accept}>
          {said.accept}
        </button>
      ) : invitation.registered ? (
        <button type="button" className="button" onClick={() => setWay('log-in')}>
          {said.logIn}
        </button>
      ) : (
        <button type="button" className="button" onClick={() => setWay('register')}>
          {account === null ? said.registerPlain : said.register}
        </button>
      )}
    </Card>
  );
}
