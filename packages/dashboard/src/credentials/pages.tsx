/** Account settings → Developers, the API keys of an account, and one of either. */
import { useParams } from '@tanstack/react-router';
import { JwtsTab } from '../jwts/JwtsTab.tsx';
import { CredentialPage } from './CredentialPage.tsx';
import { CredentialsPage } from './CredentialsPage.tsx';
import type { Scope } from './scope.ts';
import { WithKeys } from './WithKeys.tsx';

const TOKENS: Scope = { kind: 'token' };

export const TokensPage = () => <CredentialsPage scope={TOKENS} />;

export function TokenPage() {
  const id = useId();
  return <CredentialPage key={id} scope={TOKENS} id={id} />;
}

export const KeysPage = () => <WithKeys>{(scope) => <CredentialsPage key={scope.account} scope={scope} />}</WithKeys>;

export function KeyPage() {
  const id = useId();
  return (
    <WithKeys>
      {(scope) => (
        <CredentialPage
          key={id}
          scope={scope}
          id={id}
          jwts={<JwtsTab place={{ account: scope.account, id }} canManage={scope.canManage} />}
        />
      )}
    </WithKeys>
  );
}

const useId = (): string => (useParams({ strict: false }) as { id?: string }).id ?? '';
