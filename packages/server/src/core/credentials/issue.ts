/** Makes API keys. The text is returned once and stored nowhere; what is kept is its hash. */
import { randomBytes } from 'node:crypto';
import { makeKeyText } from '@keyhouse/protocol';
import type { By } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import { no, type Outcome, ok } from '../lib/outcome.ts';
import type { Credential, CredentialsStore, Environment, Source } from './credential.ts';
import { hashSecret } from './verify.ts';
import { checkWish, type Fault } from './wish.ts';

export interface KeyWish {
  readonly accountId: number;
  readonly name: string;
  readonly environment: Environment;
  readonly permissions: readonly string[] | null;
  readonly addresses: readonly string[] | null;
  /** Milliseconds; null: never. */
  readonly expiresAtMs: number | null;
  readonly source: Source;
}

interface Ports {
  readonly credentials: Pick<CredentialsStore, 'issue'>;
  readonly clock: Clock;
  readonly permissionExists: (name: string) => boolean;
}

/** Makes a key for an account that the caller has found to exist. A faulty wish makes nothing; every fault is told. */
export async function issueKey(
  ports: Ports,
  wish: KeyWish,
  by: By,
): Promise<Outcome<{ key: Credential; text: string }, 'invalid'> & { faults?: readonly Fault[] }> {
  const nowMs = ports.clock.now();
  const faults = checkWish(wish, nowMs, ports.permissionExists);
  if (faults.length > 0) return { ...no('invalid'), faults };
  const text = makeKeyText(wish.environment, randomBytes);
  const key = await ports.credentials.issue({
    credential: {
      kind: 'key',
      environment: wish.environment,
      accountId: wish.accountId,
      userId: null,
      name: wish.name,
      source: wish.source,
      permissions: wish.permissions,
      addresses: wish.addresses,
      hash: hashSecret(text),
      createdAtMs: nowMs,
      expiresAtMs: wish.expiresAtMs,
    },
    event: { event: 'key.created', atMs: nowMs, by, accountId: wish.accountId, details: describe(wish) },
  });
  return ok({ key, text });
}

const describe = ({ environment, permissions, addresses, expiresAtMs }: KeyWish) => ({
  environment,
  permissions,
  addresses,
  expiresAtMs,
});
