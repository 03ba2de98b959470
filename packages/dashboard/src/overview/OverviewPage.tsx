/** The overview: first steps, recent use, what needs attention. */
import { Skeleton, Stack, Text, Title } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { ErrorState } from '../kit/errors.tsx';
import { LastUse } from '../kit/last-use.tsx';
import { NotFound } from '../kit/not-found.tsx';
import { type Account, useAccount, useMe } from '../kit/session.ts';
import { Loaded, Loading, PageHeader } from '../kit/states.tsx';
import { accountName } from '../lib/account-name.ts';
import { Notices } from './Notices.tsx';
import classes from './overview.module.css';
import { type Overview, useOverview } from './queries.ts';
import { words } from './words.ts';

// Shown to new users.
const FirstSteps = lazy(async () => ({ default: (await import('./FirstSteps.tsx')).FirstSteps }));
const FirstKey = lazy(async () => ({ default: (await import('./FirstSteps.tsx')).FirstKey }));
const UseChart = lazy(() => import('../kit/use-chart.tsx'));

export function OverviewPage() {
  const account = useAccount();
  const me = useMe();
  if (me.isError && account === undefined) return <ErrorState error={me.error} retry={() => me.refetch()} />;
  if (account === undefined) return <Loading />;
  if (account === null) return <NotFound />;
  const title = account.kind === 'personal' ? words.hello(me.data?.user.display_name ?? '') : accountName(account);
  return (
    <Stack gap="xl">
      <PageHeader title={title} />
      <OverviewOfAccount key={account.id} account={account} />
    </Stack>
  );
}

function OverviewOfAccount({ account }: { account: Account }) {
  const overview = useOverview(String(account.id));
  // A user who sees the first request arrive keeps the steps on the page until it is left: nothing disappears while they look at
  // it.
  const [isNew, setNew] = useState(false);
  if (overview.data?.has_request === false && !isNew) setNew(true);
  return <Loaded query={overview}>{(data) => <OverviewContent account={account} overview={data} isNew={isNew} />}</Loaded>;
}

function OverviewContent({ account, overview, isNew }: { account: Account; overview: Overview; isNew: boolean }) {
  return (
    <Stack gap="xl">
      <Suspense>
        {isNew && account.kind === 'personal' && <FirstSteps hasToken={overview.has_token} hasRequest={overview.has_request} />}
        {isNew && account.kind !== 'personal' && <FirstKey account={account} hasKey={overview.has_key} />}
      </Suspense>
      {overview.has_request && (
        <section aria-labelledby="use-title">
          <Title order={2} size="h4" id="use-title">
            {words.useTitle}
          </Title>
          <Suspense fallback={<Skeleton height={180} />}>
            <UseChart counts={overview.requests_by_day} title={words.useTitle} />
          </Suspense>
          {overview.last_request !== null && (
            <Text size="sm" component="div" className={classes.last ?? ''}>
              {words.lastRequest}: {overview.last_request.credential_name},{' '}
              <LastUse
                inline
                at={overview.last_request.at}
                address={overview.last_request.address}
                userAgent={overview.last_request.user_agent}
              />
            </Text>
          )}
        </section>
      )}
      {(!isNew || overview.notices.length > 0) && (
        <Notices account={String(account.id)} notices={overview.notices} total={overview.notices_total} />
      )}
    </Stack>
  );
}
