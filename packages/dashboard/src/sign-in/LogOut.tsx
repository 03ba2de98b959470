/**
 * An application requests that the user signs out (OpenID Connect RP-Initiated Logout §2): the user is asked, because anyone can
 * send them here.
 */
import { ask } from '../lib/ask.ts';
import type { Brand } from '../lib/state.ts';
import { RequestOver } from './Consent.tsx';
import { goTo } from './go.ts';
import { Card, Links, TaskError, useTask } from './kit.tsx';
import { kindOf, useAnswer, WaitingForAnswer } from './waiting-for-answer.tsx';
import { words } from './words.ts';

const said = words.logOut;

export function LogOut({ brand, request }: { brand: Brand; request: string }) {
  const leave = async () => {
    const { location } = await ask('POST /log-out/confirm', { body: { request } });
    window.location.replace(location);
  };
  const check = useAnswer(async () => {
    const asked = await ask('POST /log-out/check', { body: { request } });
    if (asked.signed_in) return asked;
    // Signed out in the meantime, in another window: there is nothing left to ask.
    await leave();
    return null;
  });
  const task = useTask();
  const { answer } = check;
  if (kindOf(check.task.error) === 'invalid' || kindOf(task.error) === 'invalid') return <RequestOver brand={brand} />;
  if (answer === null) return <WaitingForAnswer brand={brand} title={said.title(brand.name)} of={check} />;
  return (
    <Card brand={brand} title={said.title(brand.name)}>
      <p>
        {answer.application === null ? (
          said.somebody
        ) : (
          <>
            <bdi>{answer.application}</bdi> {said.asks}
          </>
        )}
        {answer.destination !== null && ` ${said.goesTo(answer.destination)}`}
      </p>
      <TaskError task={task} />
      <div className="choice">
        <button type="button" className="button" aria-disabled={task.isBusy} onClick={() => task.run(leave)}>
          {task.isBusy ? words.working : said.button}
        </button>
        <button type="button" className="button plain" aria-disabled={task.isBusy} onClick={() => goTo('/dashboard')}>
          {said.stay}
        </button>
      </div>
    </Card>
  );
}

export function LoggedOut({ brand }: { brand: Brand }) {
  return (
    <Card brand={brand} title={said.doneTitle}>
      <p>{said.done(brand.name)}</p>
      <Links>
        <a className="link" href="/login">
          {said.again}
        </a>
      </Links>
    </Card>
  );
}
