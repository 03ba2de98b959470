/** The applications of the account in the path, and one of them, with what the person may do there. */
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { NotFound } from '../app/NotFound.tsx';
import { type Account, hasRole, useAccount, useMe } from '../app/session.ts';
import { ErrorState } from '../kit/errors.tsx';
import { Loading } from '../kit/states.tsx';
import { Application } from './ApplicationPage.tsx';
import { Applications } from './ApplicationsPage.tsx';

export const ApplicationsPage = () => (
  <WithAccount>
    {(account) => <Applications key={account.id} account={String(account.id)} canManage={hasRole(account, 'developer')} />}
  </WithAccount>
);

export function ApplicationPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  return (
    <WithAccount>
      {(account) => <Application key={id} account={String(account.id)} id={id} canManage={hasRole(account, 'developer')} />}
    </WithAccount>
  );
}

function WithAccount({ children }: { children: (account: Account) => ReactNode }) {
  const me = useMe();
  const account = useAccount();
  if (me.isError && account === undefined) return <ErrorState error={me.error} retry={() => me.refetch()} />;
  if (account === undefined) return <Loading />;
  return account === null ? <NotFound /> : children(account);
}
