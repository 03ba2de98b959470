/** The tokens of the user, or the keys of an account, newest first. */
import { ask } from '../lib/ask.ts';
import type { Scope } from './credential-scope.ts';
import { usePages } from './pages.tsx';

/** Everything about credentials of a scope is below this key. */
export const credentialsKey = (scope: Scope) =>
  scope.kind === 'token' ? (['credentials', 'tokens'] as const) : (['credentials', 'keys', scope.account] as const);

export const useCredentials = (scope: Scope) =>
  usePages(
    [...credentialsKey(scope), 'list'],
    (query) =>
      scope.kind === 'token'
        ? ask('GET /tokens', { query })
        : ask('GET /accounts/:account/keys', { params: { account: scope.account }, query }),
    ({ credentials }) => credentials,
  );
