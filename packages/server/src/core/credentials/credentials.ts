/**
 * Personal access tokens and API keys: create, verify, rename, rotate, narrow, revoke. A log-in and a registration by API give a
 * token too.
 *
 * Owns: the credentials, of whose secrets only hashes are kept, and the cache in front of them (`cache.ts`). What they were used
 * for belongs to `use`, JWTs that were minted from a key to `jwts`, imports to `imports`.
 * Used by: `/api/v1/auth/…`, `/dashboard/api/{tokens,accounts/…/keys}`, `keyhouse token`, `keyhouse key`.
 */
import type { By } from '../audit/event.ts';
import type { CredentialsStore, Owned } from './credential.ts';
import { issueKey, issueToken, type KeyWish, type TokenWish } from './issue.ts';
import { type LogInInput, logIn } from './log-in.ts';
import { narrowCredential } from './narrow.ts';
import type { CredentialsPorts } from './ports.ts';
import { type RegisterInput, register } from './register.ts';
import { endOverlap, extendOverlap, renameCredential } from './rename.ts';
import { revokeCredential } from './revoke.ts';
import { rotateCredential } from './rotate.ts';
import { undoNarrowing } from './undo-narrowing.ts';

export type Credentials = ReturnType<typeof bindCredentials>;

export function bindCredentials(ports: CredentialsPorts) {
  const { credentials, clock } = ports;
  return {
    /** Creates a user and a first token, and mails the link that verifies the address. */
    register: async (input: RegisterInput) => {
      const registered = await register(ports, input);
      if (registered.ok) await ports.onRegistered(registered.user, input.by);
      return registered;
    },
    logIn: (input: LogInInput) => logIn(ports, input),

    /** Null if it does not exist, or is of the other kind. */
    get: (kind: 'token' | 'key', id: number) => credentials.getCredential(kind, id),
    list: (filter: Parameters<CredentialsStore['listCredentials']>[0]) => credentials.listCredentials(filter),
    /** The last narrowing, while it can be undone. */
    findUndo: (credentialId: number) => credentials.findUndo({ credentialId, nowMs: clock.now() }),

    createKey: (wish: KeyWish, by: By) => issueKey(ports, wish, by),
    createToken: (wish: TokenWish, by: By) => issueToken(ports, wish, by),
    rename: (input: Parameters<typeof renameCredential>[1], by: By) => renameCredential(ports, input, by),
    rotate: (input: Parameters<typeof rotateCredential>[1], by: By) => rotateCredential(ports, input, by),
    endOverlap: (owned: Owned, by: By) => endOverlap(ports, owned, by),
    extendOverlap: (input: Parameters<typeof extendOverlap>[1], by: By) => extendOverlap(ports, input, by),
    narrow: (input: Parameters<typeof narrowCredential>[1], by: By) => narrowCredential(ports, input, by),
    undoNarrowing: (input: Parameters<typeof undoNarrowing>[1], by: By) => undoNarrowing(ports, input, by),
    revoke: (input: Parameters<typeof revokeCredential>[1], by: By) => revokeCredential(ports, input, by),
  };
}
