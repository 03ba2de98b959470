/** A forgotten password: requesting the link, and setting a new one with it. */
import { useState } from 'react';
import { type Api, ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { waiting, withWaiting } from './go.ts';
import { Card, Field, Form, Links, NewPassword, Notice, Submit, TaskError, useTask } from './kit.tsx';
import { words } from './words.ts';

export function Forgot({ state }: { state: State }) {
  const [email, setEmail] = useState(waiting().hint);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      await ask('POST /forgot', { body: { email } });
      setSentTo(email.trim());
    });
  const back = (
    <Links>
      <a className="link" href={withWaiting('/login')}>
        {words.forgot.back}
      </a>
    </Links>
  );
  if (sentTo !== null) {
    return (
      <Card brand={state.brand} title={state.sends_mail ? words.forgot.sentTitle : words.forgot.createdTitle}>
        <p>{state.sends_mail ? words.forgot.sent(sentTo) : words.forgot.created(sentTo)}</p>
        {state.sends_mail && <p className="soft">{words.forgot.notArrived}</p>}
        <button type="button" className="button plain" onClick={() => setSentTo(null)}>
          {words.forgot.again}
        </button>
        {back}
      </Card>
    );
  }
  return (
    <Card brand={state.brand} title={words.forgot.title}>
      <p>{state.sends_mail ? words.forgot.intro : words.forgot.introNoMail}</p>
      <TaskError task={task} fields={['email']} />
      <Form onSubmit={submit} task={task}>
        <Field
          label={words.email}
          name="email"
          type="email"
          autoComplete="username"
          value={email}
          onChange={setEmail}
          fault={task.faultOf('email')}
        />
        <Submit task={task}>{state.sends_mail ? words.forgot.button : words.forgot.buttonNoMail}</Submit>
      </Form>
      {back}
    </Card>
  );
}

type ResetCheck = Api['POST /reset/check']['answer'];

/** What ends, counted, before it happens; at the first verification of the address also why, and how to avoid it. */
function WhatEnds({ about }: { about: ResetCheck }) {
  const said = words.reset;
  const ends = said.ends(about.ends);
  if (ends === null) return null;
  return (
    <Notice bad={about.first_proof}>
      <strong>{said.willEnd(ends)}</strong> {about.first_proof ? said.firstProof(about.email) : said.stays}
      {about.first_proof && (
        <>
          {' '}
          {said.instead}{' '}
          <a className="link" href="/login">
            {words.logIn.button}
          </a>
        </>
      )}
    </Notice>
  );
}

export function Reset({ state, ticket, about }: { state: State; ticket: string; about: ResetCheck }) {
  const { email } = about;
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
      <Card brand={state.brand} title={words.reset.doneTitle}>
        <Notice>{words.reset.done}</Notice>
        {about.two_step && <p>{words.reset.twoStep(state.brand.name)}</p>}
        <a className="button" href="/login">
          {words.logIn.button}
        </a>
      </Card>
    );
  }
  return (
    <Card brand={state.brand} title={words.reset.title}>
      <p>{words.reset.intro}</p>
      <WhatEnds about={about} />
      <TaskError task={task} fields={['password']} />
      <Form onSubmit={submit} task={task}>
        {/* Read-only; it tells a password manager whose password it is. */}
        <Field label={words.email} name="email" type="email" autoComplete="username" value={email} onChange={() => {}} isFixed />
        <NewPassword label={words.newPassword} value={password} onChange={setPassword} task={task} personal={[email]} />
        <Submit task={task}>{words.reset.button}</Submit>
      </Form>
    </Card>
  );
}
