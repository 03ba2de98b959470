/** The keys of the account in the path, with what the user may do there. */
import type { ReactNode } from 'react';
import type { KeyScope } from '../kit/credential-scope.ts';
import { OfAccount } from '../kit/of-account.tsx';
import { hasRole } from '../kit/session.ts';

export const WithKeys = ({ children }: { children: (scope: KeyScope) => ReactNode }) => (
  <OfAccount>
    {(account) =>
      children({
        kind: 'key',
        account: String(account.id),
        operator: account.kind === 'operator',
        canManage: hasRole(account, 'developer'),
      })
    }
  </OfAccount>
);
