/** The overview: first steps, recent use, what needs attention. */
import { Skeleton, Stack, Text, Title } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { ErrorState } from '../kit/errors.tsx';
import { LastUse } from '../kit/last-use.tsx';
import { NotFound } from '../kit/not-found.tsx';
import { type Account, useAccount, useMe } from '../kit/session.ts';
import { Loaded, Loading, PageHeader } from '../kit/states.tsx';
import { accountName } from '../lib/account-name.ts';
import classes from './home.module.css';
import { Notices } from './Notices.tsx';
import { type HomeAnswer, useHome } from './queries.ts';
import { words } from './words.ts';

// Shown to new users.
const FirstSteps = lazy(async () => ({ default: (await import('./FirstSteps.tsx')).FirstSteps }));
const FirstKey = lazy(async () => ({ default: (await import('./FirstSteps.tsx')).FirstKey }));
const UseChart = lazy(() => import('../kit/use-chart.tsx'));

export function HomePage() {
  const account = useAccount();
  const me = useMe();
  if (me.isError && account === undefined) return <ErrorState error={me.error} retry={() => me.refetch()} />;
  if (account === undefined) return <Loading />;
  if (account === null) return <NotFound />;
  const title = account.kind === 'personal' ? words.hello(me.data?.user.display_name ?? '') : accountName(account);
  return (
    <Stack gap="xl">
      <PageHeader title={title} />
      <Home key={account.id} account={account} />
    </Stack>
  );
}

function Home({ account }: { account: Account }) {
  const home = useHome(String(account.id));
  // A user who sees the first request arrive keeps the steps on the page until it is left: nothing disappears while they look at
  // it.
  const [isNew, setNew] = useState(false);
  if (home.data?.has_request === false && !isNew) setNew(true);
  return <Loaded query={home}>{(data) => <HomeContent account={account} home={data} isNew={isNew} />}</Loaded>;
}

function HomeContent({ account, home, isNew }: { account: Account; home: HomeAnswer; isNew: boolean }) {
  return (
    <Stack gap="xl">
      <Suspense>
        {isNew && account.kind === 'personal' && <FirstSteps hasToken={home.has_token} hasRequest={home.has_request} />}
        {isNew && account.kind !== 'personal' && <FirstKey account={account} hasKey={home.has_key} />}
      </Suspense>
      {home.has_request && (
        <section aria-labelledby="use-title">
          <Title order={2} size="h4" id="use-title">
            {words.useTitle}
          </Title>
          <Suspense fallback={<Skeleton height={180} />}>
            <UseChart counts={home.requests_by_day} title={words.useTitle} />
          </Suspense>
          {home.last_request !== null && (
            <Text size="sm" component="div" className={classes.last ?? ''}>
              {words.lastRequest}: {home.last_request.credential_name},{' '}
              <LastUse
                inline
                at={home.last_request.at}
                address={home.last_request.address}
                userAgent={home.last_request.user_agent}
              />
            </Text>
          )}
        </section>
      )}
      {(!isNew || home.notices.length > 0) && (
        <Notices account={String(account.id)} notices={home.notices} total={home.notices_total} />
      )}
    </Stack>
  );
}
