/** Create a token, try it. The second step notices by itself when it was done. */
import { Button, Loader, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { CopyButton } from '../kit/copy.tsx';
import { pathOf } from '../kit/credential-scope.ts';
import { type Account, hasRole } from '../kit/session.ts';
import classes from './overview.module.css';
import { words } from './words.ts';

export function FirstSteps({ hasToken, hasRequest }: { hasToken: boolean; hasRequest: boolean }) {
  const command = `curl -H "Authorization: Bearer ${words.placeholder}" ${window.location.origin}/api/v1/cli/loggedUser`;
  return (
    <section aria-labelledby="first-title">
      <Title order={2} size="h4" id="first-title" mb="sm">
        {words.firstTitle}
      </Title>
      <ol className={classes.steps}>
        <Step number={1} done={hasToken} title={words.makeToken}>
          {hasToken ? (
            <Text size="sm" c="dimmed">
              {words.makeTokenDone}
            </Text>
          ) : (
            <>
              <Text size="sm" c="dimmed" mb="sm">
                {words.makeTokenText}
              </Text>
              <Button renderRoot={(props) => <Link to="/settings/developers" {...props} />}>{words.makeTokenLink}</Button>
            </>
          )}
        </Step>
        <Step number={2} done={hasRequest} title={words.tryIt}>
          <Text size="sm" c="dimmed" mb="sm">
            {words.tryItText}
          </Text>
          <div className={classes.command}>
            <code>{command}</code>
            <CopyButton text={command} />
          </div>
          {hasToken && (
            <div className={classes.waiting} aria-live="polite">
              {!hasRequest && <Loader size={14} aria-hidden="true" />}
              <Text size="sm" {...(hasRequest ? {} : { c: 'dimmed' })}>
                {hasRequest ? words.arrived : words.tryItWaiting}
              </Text>
            </div>
          )}
        </Step>
      </ol>
    </section>
  );
}

/** For a team: its first step is a key, which requires a developer. */
export function FirstKey({ account, hasKey }: { account: Account; hasKey: boolean }) {
  return (
    <section aria-labelledby="first-title">
      <Title order={2} size="h4" id="first-title" mb="sm">
        {words.firstTitle}
      </Title>
      <ol className={classes.steps}>
        <Step number={1} done={hasKey} title={words.makeKey}>
          <Text size="sm" c="dimmed" mb="sm">
            {hasKey ? words.makeKeyDone : words.makeKeyText}
          </Text>
          {!hasKey && hasRole(account, 'developer') && (
            <Button renderRoot={(props) => <Link to={pathOf({ kind: 'key', account: String(account.id) })} {...props} />}>
              {words.makeKeyLink}
            </Button>
          )}
        </Step>
      </ol>
    </section>
  );
}

function Step({ number, done, title, children }: { number: number; done: boolean; title: string; children: ReactNode }) {
  return (
    <li className={classes.step}>
      {done ? (
        <CircleCheck className={classes.stepDone} size={28} role="img" aria-label={words.stepDone} />
      ) : (
        <span className={classes.stepNumber} aria-hidden="true">
          {number}
        </span>
      )}
      <div className={classes.stepBody}>
        <Title order={3} size="h5">
          {title}
        </Title>
        {children}
      </div>
    </li>
  );
}
