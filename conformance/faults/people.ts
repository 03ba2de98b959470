/** Somebody for the writes of one stretch, created beside the servers as the command line does: one user, one application, and their teams. */
import { randomUUID } from 'node:crypto';
import { readConfig } from '../../packages/server/src/config.ts';
import { openKeyhouse } from '../../packages/server/src/open.ts';

export const CALLBACK = 'https://app.example.com/callback';

export interface Person {
  readonly email: string;
  readonly password: string;
  /** Their personal account. */
  readonly accountId: number;
  readonly clientId: string;
}

/** An administrator, so that they may suspend and resume accounts too. */
export async function createPerson(settings: Readonly<Record<string, string>>): Promise<Person> {
  const { keyhouse } = await openKeyhouse(readConfig(settings), SILENT);
  try {
    await keyhouse.prepare();
    const who = { email: `${randomUUID()}@example.com`, password: randomUUID() };
    const user = await keyhouse.users.create({ ...who, isAdministrator: true, by: OPERATOR });
    if (!user.ok) throw new Error(user.reason);
    const { accountId } = user.value;
    const application = await keyhouse.applications.create(
      { accountId, kind: 'public', isFirstParty: false, isVerified: false, settings: APPLICATION },
      OPERATOR,
    );
    if (!application.ok) throw new Error(JSON.stringify(application));
    return { ...who, accountId, clientId: application.value.application.clientId };
  } finally {
    await keyhouse.close();
  }
}

/** A key with `keyhouse.verify`, for guards. */
export async function createVerifyingKey(settings: Readonly<Record<string, string>>): Promise<string> {
  const { keyhouse } = await openKeyhouse(readConfig(settings), SILENT);
  try {
    await keyhouse.prepare();
    const key = await keyhouse.credentials.createKey(
      {
        ...{ accountId: 1, name: 'guard', environment: 'live', source: 'command-line' },
        ...{ permissions: ['keyhouse.verify'], addresses: null, expiresAtMs: null },
      },
      OPERATOR,
    );
    if (!key.ok) throw new Error(key.reason);
    return key.value.text;
  } finally {
    await keyhouse.close();
  }
}

const APPLICATION = {
  ...{ name: 'Ledger', homePage: null, redirectUris: [CALLBACK], postLogoutRedirectUris: [] },
  ...{ permissions: null, optionalPermissions: [], ownPermissions: [] },
  ...{ idleSeconds: null, absoluteSeconds: null, jwks: null, allowsSchemesWithoutDot: false, idTokenAlgorithm: 'ES256' as const },
};
const OPERATOR = { actor: 'operator', requestId: null, person: {} } as const;
const SILENT = { info() {}, warn() {}, error() {} };
