/** The applications of the account in the path, and one of them, with what the user may do there. */
import { useParams } from '@tanstack/react-router';
import { OfAccount } from '../kit/of-account.tsx';
import { hasRole } from '../kit/session.ts';
import { Application } from './ApplicationPage.tsx';
import { Applications } from './ApplicationsPage.tsx';

export const ApplicationsPage = () => (
  <OfAccount>
    {(account) => <Applications key={account.id} account={String(account.id)} canManage={hasRole(account, 'developer')} />}
  </OfAccount>
);

export function ApplicationPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  return (
    <OfAccount>
      {(account) => <Application key={id} account={String(account.id)} id={id} canManage={hasRole(account, 'developer')} />}
    </OfAccount>
  );
}
