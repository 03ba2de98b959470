/** The four pages of this room: the tokens of the user, the keys of an account, and one of each. */
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { KeyScope, Scope } from '../kit/credential-scope.ts';
import { CredentialPage } from './CredentialPage.tsx';
import { CredentialsPage } from './CredentialsPage.tsx';
import { WithKeys } from './WithKeys.tsx';

const TOKENS: Scope = { kind: 'token' };

export const TokensPage = () => <CredentialsPage scope={TOKENS} />;

export function TokenPage() {
  const id = useId();
  return <CredentialPage key={id} scope={TOKENS} id={id} />;
}

export const KeysPage = () => <WithKeys>{(scope) => <CredentialsPage key={scope.account} scope={scope} />}</WithKeys>;

/** `jwts`: what is shown of the JWTs that were minted from the key. */
export function KeyPage({ jwts }: { jwts: (scope: KeyScope, id: string) => ReactNode }) {
  const id = useId();
  return <WithKeys>{(scope) => <CredentialPage key={id} scope={scope} id={id} jwts={jwts(scope, id)} />}</WithKeys>;
}

const useId = (): string => (useParams({ strict: false }) as { id?: string }).id ?? '';
