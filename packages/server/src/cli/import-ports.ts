/** What an import needs of this server: its rules, its look-ups, and the acts that import, on behalf of the user who runs it. */
import type { ImportPorts } from '@keyhouse/import';
import type { By } from '../core/audit/event.ts';
import { checkPermissions } from '../core/credentials/wish.ts';
import type { Keyhouse } from '../core/keyhouse.ts';
import { readEmail } from '../core/lib/email.ts';
import { readForeignName } from '../core/lib/name.ts';
import { isForeignHash } from '../core/passwords/password-hashing.ts';
import type { OpenedStore } from '../store/opened.ts';

/** An import gives no account reserved permissions, so the rules of any account except the operator's will do. */
const NO_ACCOUNT = 0;

export function importPorts({
  store: { imports },
  keyhouse: { clock, permissions },
  by,
}: {
  store: Pick<OpenedStore, 'imports'>;
  keyhouse: Pick<Keyhouse, 'clock' | 'permissions'>;
  by: By;
}): ImportPorts {
  return {
    clock,
    rules: {
      readEmail,
      readName: readForeignName,
      findPermissionFault: (names) => checkPermissions(names, NO_ACCOUNT, permissions.exists)[0]?.sentence ?? null,
      canVerifyPassword: isForeignHash,
    },
    store: {
      usersByForeignId: (origin, ids) => imports.usersByForeignId(origin, ids),
      usersByAddress: (keys) => imports.usersByAddress(keys),
      credentialsByForeignId: (origin, ids) => imports.credentialsByForeignId(origin, ids),
      knownHashes: (hashes) => imports.knownHashes(hashes),
      activeAccounts: (ids) => imports.activeAccounts(ids),
      importUsers: (input) => imports.importUsers({ ...input, by }),
      importCredentials: (input) => imports.importCredentials({ ...input, by }),
    },
  };
}
