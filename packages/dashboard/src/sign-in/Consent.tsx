/**
 * An application asks for access: which one it is, what it will be able to do, for which user, and where the browser goes after
 * that.
 */
import { useCallback, useEffect, useState } from 'react';
import { ask } from '../lib/ask.ts';
import { type Brand, forgetState, loadState } from '../lib/state.ts';
import { AccountChoice, Applicant, type ConsentRequest, type Decision, Leaving, Wants } from './consent-parts.tsx';
import { continuePath, resume } from './go.ts';
import { Card, TaskError, useTask } from './kit.tsx';
import { LogIn } from './LogIn.tsx';
import { Proof } from './Proof.tsx';
import { useSettled } from './settled.ts';
import { kindOf, ToDashboard, useAnswer, WaitingForAnswer } from './waiting-for-answer.tsx';
import { words } from './words.ts';

const said = words.consent;

interface Props {
  readonly brand: Brand;
  readonly request: string;
}

export function Consent({ brand, request }: Props) {
  const check = useAnswer(() => ask('POST /consent/check', { body: { request } }));
  const kind = kindOf(check.task.error);
  const isSignedOut = kind === 'signed_out';
  const hasNothingToKeep = check.answer === null;
  useEffect(() => {
    if (isSignedOut && hasNothingToKeep) resume(request);
  }, [isSignedOut, hasNothingToKeep, request]);
  useWhenSeenAgain(() => void check.again());
  if (check.answer !== null)
    return (
      <Question
        key={check.answer.user.email}
        brand={brand}
        request={request}
        asked={check.answer}
        isSignedOut={isSignedOut}
        onAskAgain={check.again}
      />
    );
  if (kind === 'invalid') return <RequestOver brand={brand} />;
  return <WaitingForAnswer brand={brand} title={said.waitingTitle} of={check} />;
}

/** Another window may have signed another user in: nobody may consent in a name that is not on the page. */
function useWhenSeenAgain(check: () => void): void {
  useEffect(() => {
    const seen = (): void => {
      if (document.visibilityState === 'visible') check();
    };
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  });
}

export function RequestOver({ brand }: { brand: Brand }) {
  return (
    <Card brand={brand} title={said.overTitle}>
      <p>{said.over}</p>
      <ToDashboard />
    </Card>
  );
}

interface QuestionProps extends Props {
  readonly asked: ConsentRequest;
  /** The sign-in ended while the page was open: the user signs in again here, and what was chosen stays. */
  readonly isSignedOut: boolean;
  /** Requests again who is signed in, and what is asked of them. */
  readonly onAskAgain: () => Promise<void>;
}

function Question({ brand, request, asked, isSignedOut, onAskAgain }: QuestionProps) {
  const { application, accounts, permissions, user } = asked;
  const [accountId, setAccountId] = useState(accounts[0]?.id);
  // What was left out the last time stays out, unless the user ticks it.
  const [declined, setDeclined] = useState<ReadonlySet<string>>(
    () => new Set(permissions.filter((each) => each.optional && each.declined).map(({ name }) => name)),
  );
  const [isProving, setProving] = useState(false);
  const [left, setLeft] = useState<{ decision: Decision; location: string } | null>(null);
  const task = useTask();
  const isSettled = useSettled();

  const turn = useCallback(
    (name: string): void =>
      setDeclined((before) => {
        const next = new Set(before);
        if (!next.delete(name)) next.add(name);
        return next;
      }),
    [],
  );
  const answer = (decision: Decision) =>
    task.run(async () => {
      const allowed = permissions.filter(({ name }) => !declined.has(name)).map(({ name }) => name);
      const of = accountId === undefined ? {} : { account: accountId };
      const body =
        decision === 'deny' ? { request, decision } : { request, decision, user: user.id, ...of, permissions: allowed };
      const answered = await ask('POST /consent', { body }).catch(async (error: unknown) => {
        const kind = kindOf(error);
        if (kind === 'signed_out') await onAskAgain();
        if (kind !== 'proof_required') throw error;
        return null;
      });
      if (answered === null) return setProving(true);
      const { location } = answered;
      setLeft({ decision, location });
      // Any host or scheme that the application has registered: the server checked it, and nothing of it is the page's own.
      window.location.replace(location);
    });
  const logOut = () =>
    task.run(async () => {
      await ask('POST /log-out').catch((error: unknown) => {
        if (kindOf(error) !== 'signed_out') throw error;
      });
      resume(request);
    });
  const entered = () => {
    task.clear();
    setProving(false);
    void onAskAgain();
  };

  const goOn = () => {
    setProving(false);
    void answer('allow');
  };

  if (left !== null) return <Leaving brand={brand} name={application.name} {...left} />;
  if (isSignedOut) return <SignInHere brand={brand} request={request} email={user.email} onEntered={entered} />;
  if (isProving)
    return <Proof brand={brand} onProved={goOn} onBack={() => setProving(false)} onSignedOut={() => void onAskAgain()} />;
  if (kindOf(task.error) === 'invalid' && task.faultOf('request') !== undefined) return <RequestOver brand={brand} />;
  const account = accounts.find(({ id }) => id === accountId);
  return (
    <Card brand={brand} title={said.title(application.name)}>
      <Applicant brand={brand} application={application} />
      {!application.verified && !application.first_party && (
        <div className="notice warn">
          <strong>{said.notVerifiedTitle}</strong> {said.notVerified}
        </div>
      )}
      <p className="person">
        {said.loggedInAs} <bdi>{user.email}</bdi>{' '}
        <button type="button" className="link" disabled={task.isBusy} onClick={logOut}>
          {said.notYou}
        </button>
      </p>
      {accounts.length > 1 && account !== undefined && (
        <AccountChoice accounts={accounts} account={account} permissions={permissions} onChange={setAccountId} />
      )}
      <h2>
        {said.wants}
        {permissions.some(({ optional }) => optional) && <span className="soft"> {said.optional}</span>}
      </h2>
      <Wants asked={asked} isTicked={(name) => !declined.has(name)} onTurn={turn} />
      {asked.asked_again && <p className="soft">{said.askedAgain}</p>}
      <p>{asked.local ? said.toProgram : said.goesTo(asked.destination)}</p>
      <TaskError task={task} />
      <div className="choice">
        <button
          type="button"
          className="button"
          aria-disabled={task.isBusy || !isSettled}
          onClick={() => isSettled && answer('allow')}
        >
          {task.isBusy ? words.working : said.allow}
        </button>
        <button type="button" className="button plain" aria-disabled={task.isBusy} onClick={() => answer('deny')}>
          {said.deny}
        </button>
      </div>
      <p className="soft last">{said.lasts}</p>
    </Card>
  );
}

interface SignInHereProps extends Props {
  readonly email: string;
  readonly onEntered: () => void;
}

/** Over the question. Another provider leads away from the page, and back to the request. */
function SignInHere({ brand, request, email, onEntered }: SignInHereProps) {
  const state = useAnswer(() => {
    forgetState();
    return loadState();
  });
  if (state.answer === null) return <WaitingForAnswer brand={brand} title={words.logIn.title(brand.name)} of={state} />;
  const path = continuePath(request);
  return <LogIn state={state.answer} notice={said.signedOut} email={email} link={path} onEntered={onEntered} />;
}
