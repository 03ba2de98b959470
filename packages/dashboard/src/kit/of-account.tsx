/** The account that the path names, for the pages that are about one. */
import type { ReactNode } from 'react';
import { ErrorState } from './errors.tsx';
import { NotFound } from './not-found.tsx';
import { type Account, useAccount, useMe } from './session.ts';
import { Loading } from './states.tsx';

export function OfAccount({ children, teamsOnly = false }: { children: (account: Account) => ReactNode; teamsOnly?: boolean }) {
  const me = useMe();
  const account = useAccount();
  if (me.isError && account === undefined) return <ErrorState error={me.error} retry={() => void me.refetch()} />;
  if (account === undefined) return <Loading />;
  if (account === null || (teamsOnly && account.kind !== 'team')) return <NotFound />;
  return children(account);
}
