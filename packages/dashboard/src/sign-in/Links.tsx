/** The pages of links from mails: each checks its ticket first, and says clearly if it does not work any more. */
import { useEffect, useState } from 'react';
import { type Api, ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { goTo, leadsOn, ownPathOr } from './go.ts';
import { Card, Links, TaskError, useTask } from './kit.tsx';
import { LogIn } from './LogIn.tsx';
import { Reset } from './Password.tsx';
import { Register, Setup } from './Register.tsx';
import { kindOf, ToDashboard, useAnswer, WaitingForAnswer } from './waiting-for-answer.tsx';
import { words } from './words.ts';

interface Props {
  readonly state: State;
  readonly ticket: string;
}

export function NoTicket({ state }: { state: State }) {
  return (
    <Card brand={state.brand} title={words.noTicketTitle}>
      <p>{words.noTicket}</p>
      <ToDashboard />
    </Card>
  );
}

export function ResetLink({ state, ticket }: Props) {
  const check = useAnswer(() => ask('POST /reset/check', { body: { ticket } }));
  if (check.answer !== null) return <Reset state={state} ticket={ticket} about={check.answer} />;
  return (
    <WaitingForAnswer brand={state.brand} title={words.reset.title} of={check}>
      <Links>
        <a className="link" href="/forgot">
          {words.reset.another}
        </a>
      </Links>
    </WaitingForAnswer>
  );
}

export function SetupLink({ state, ticket }: Props) {
  const check = useAnswer(async () => {
    await ask('POST /setup/check', { body: { ticket } });
    return true;
  });
  if (check.answer !== null) return <Setup state={state} ticket={ticket} />;
  return (
    <WaitingForAnswer brand={state.brand} title={words.setup.title(state.brand.name)} of={check}>
      <ToDashboard />
    </WaitingForAnswer>
  );
}

/**
 * Verifies an address, or sets a new one; a user who is not signed in signs in first, on this page, and it continues by itself.
 */
export function EmailLink({ state, ticket, isNew }: Props & { isNew: boolean }) {
  const said = isNew ? words.newEmail : words.verify;
  const [isIn, setIn] = useState(state.signed_in);
  const [to, setTo] = useState('/dashboard');
  const entered = (path: string) => {
    setTo(path);
    setIn(true);
  };
  const link = `/${isNew ? 'new-email' : 'verify-email'}#${ticket}`;
  if (!isIn) return <LogIn state={state} notice={said.signedOut} link={link} onEntered={entered} />;
  return <ConfirmEmail state={state} ticket={ticket} isNew={isNew} to={to} onSignedOut={() => setIn(false)} />;
}

interface ConfirmProps extends Props {
  readonly isNew: boolean;
  readonly to: string;
  readonly onSignedOut: () => void;
}

function ConfirmEmail({ state, ticket, isNew, to, onSignedOut }: ConfirmProps) {
  const said = isNew ? words.newEmail : words.verify;
  const body = { ticket };
  const confirm = useAnswer(() => (isNew ? ask('POST /me/email/confirm', { body }) : ask('POST /verify-email', { body })));
  const kind = kindOf(confirm.task.error);
  useEffect(() => {
    if (kind === 'signed_out') onSignedOut();
  });
  if (confirm.answer === null) {
    return (
      <WaitingForAnswer brand={state.brand} title={said.title} of={confirm}>
        <Links>
          <a className="link" href="/dashboard">
            {words.toDashboard}
          </a>
          {kind === 'invalid' && (
            <button type="button" className="link" onClick={onSignedOut}>
              {words.logInAsOther}
            </button>
          )}
        </Links>
      </WaitingForAnswer>
    );
  }
  return (
    <Card brand={state.brand} title={said.doneTitle}>
      <p>{said.done(confirm.answer.email)}</p>
      <a className="button" href={ownPathOr(to)}>
        {leadsOn(to) ? words.goOn : words.toDashboard}
      </a>
    </Card>
  );
}

type Invitation = Api['POST /invitation/check']['answer'];

export function InvitationLink({ state, ticket }: Props) {
  const check = useAnswer(() => ask('POST /invitation/check', { body: { ticket } }));
  if (check.answer !== null) return <Invited state={state} ticket={ticket} invitation={check.answer} />;
  return <WaitingForAnswer brand={state.brand} title={words.invitation.title} of={check} />;
}

function Invited({ state, ticket, invitation }: Props & { invitation: Invitation }) {
  const [way, setWay] = useState<'ask' | 'log-in' | 'register'>('ask');
  const [isIn, setIn] = useState(state.signed_in);
  const task = useTask();
  const said = words.invitation;
  const { account, invited_by: invitedBy, email } = invitation;
  const accept = (to = '') =>
    task.run(async () => {
      const { account: id } = await ask('POST /invitation/accept', { body: { ticket } });
      goTo(leadsOn(to) ? to : `/dashboard/accounts/${id}`);
    });
  const entered = (to: string) => {
    setIn(true);
    setWay('ask');
    void accept(to);
  };
  if (!isIn && !invitation.registered && !invitation.may_register)
    return (
      <Card brand={state.brand} title={said.title}>
        <p>{said.usersOnly(email)}</p>
        <ToDashboard />
      </Card>
    );
  if (way === 'register') return <Register state={state} invitation={{ email, ticket }} />;
  if (way === 'log-in')
    return <LogIn state={state} notice={said.for(email)} email={email} link={`/invitation#${ticket}`} onEntered={entered} />;
  return (
    <Card brand={state.brand} title={account === null ? said.place(state.brand.name) : said.team(account.name)}>
      <p>{account === null ? said.byPlace(invitedBy, state.brand.name) : said.byTeam(invitedBy, account.name, account.role)}</p>
      {account !== null && <p className="soft">{said.roles[account.role]}</p>}
      <p className="soft">{said.for(email)}</p>
      <TaskError task={task} />
      {isIn && account !== null ? (
        <>
          <button type="button" className="button" disabled={task.isBusy} onClick={() => accept()}>
            {task.isBusy ? words.working : said.accept}
          </button>
          {task.error !== null && (
            <button type="button" className="button plain" onClick={() => setWay('log-in')}>
              {words.logInAsOther}
            </button>
          )}
        </>
      ) : (
        <button type="button" className="button" onClick={() => setWay(invitation.registered ? 'log-in' : 'register')}>
          {invitation.registered ? said.logIn : account === null ? said.registerPlain : said.register}
        </button>
      )}
    </Card>
  );
}
