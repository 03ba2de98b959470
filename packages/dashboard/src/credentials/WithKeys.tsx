/** The keys of the account in the path, with what the person may do there. */
import type { ReactNode } from 'react';
import { NotFound } from '../app/NotFound.tsx';
import { hasRole, useAccount, useMe } from '../app/session.ts';
import { ErrorState } from '../kit/errors.tsx';
import { Loading } from '../kit/states.tsx';
import type { KeyScope } from './scope.ts';

export function WithKeys({ children }: { children: (scope: KeyScope) => ReactNode }) {
  const me = useMe();
  const account = useAccount();
  if (me.isError && account === undefined) return <ErrorState error={me.error} retry={() => me.refetch()} />;
  if (account === undefined) return <Loading />;
  if (account === null) return <NotFound />;
  return children({
    kind: 'key',
    account: String(account.id),
    operator: account.kind === 'operator',
    canManage: hasRole(account, 'developer'),
  });
}
