/** Creates tokens and API keys. The text is returned once and stored nowhere; only its hash is kept. */
import { randomBytes } from 'node:crypto';
import { formatToken, makeKeyText, makeTokenSecret, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { CEILINGS } from '../lib/ceilings.ts';
import type { InactiveState } from '../users/account.ts';
import type { Credential, Environment, NewCredential, Source } from './credential.ts';
import type { CredentialsPorts } from './ports.ts';
import { hashSecret } from './verify.ts';
import { type CredentialFault, checkWish } from './wish.ts';

interface CredentialWish {
  readonly accountId: number;
  readonly name: string;
  readonly permissions: readonly string[] | null;
  readonly addresses: readonly string[] | null;
  /** Milliseconds; null: never. */
  readonly expiresAtMs: number | null;
  readonly source: Source;
}

export interface KeyWish extends CredentialWish {
  readonly environment: Environment;
}

/** A token speaks for its user, in the personal account of that user. */
export interface TokenWish extends CredentialWish {
  readonly userId: number;
}

type Ports = Pick<CredentialsPorts, 'credentials' | 'clock' | 'permissionExists' | 'notify'>;

type NotIssued =
  | { readonly ok: false; readonly reason: 'invalid'; readonly faults: readonly CredentialFault[] }
  | { readonly ok: false; readonly reason: InactiveState };

/** A fault of the wish, so that it is shown at the field where it was typed. */
const tooMany = (kind: 'key' | 'token'): CredentialFault => ({
  field: 'name',
  sentence:
    kind === 'key'
      ? `The account has ${CEILINGS.keysOfAccount.toLocaleString('en')} keys, which is the limit. Revoke one first.`
      : `You have ${CEILINGS.tokensOfUser.toLocaleString('en')} tokens, which is the limit. Revoke one first.`,
});

/** Creates a key in an account that is active. A faulty wish creates nothing and returns every fault. */
export async function issueKey(
  ports: Ports,
  wish: KeyWish,
  by: By,
): Promise<{ ok: true; value: { key: Credential; text: string } } | NotIssued> {
  const text = makeKeyText(wish.environment, randomBytes);
  const issued = await issue(
    ports,
    wish,
    { kind: 'key', environment: wish.environment, userId: null, hash: hashSecret(text) },
    by,
  );
  return issued.ok ? ok({ key: issued.value, text }) : issued;
}

/** The same for a token of a user. */
export async function issueToken(
  ports: Ports,
  wish: TokenWish,
  by: By,
): Promise<{ ok: true; value: { token: Credential; text: string } } | NotIssued> {
  const secret = makeTokenSecret(randomBytes);
  const issued = await issue(
    ports,
    wish,
    { kind: 'token', environment: 'live', userId: wish.userId, hash: hashSecret(secret) },
    by,
  );
  return issued.ok ? ok({ token: issued.value, text: formatToken(issued.value.id, secret) }) : issued;
}

type What = Pick<NewCredential, 'kind' | 'environment' | 'userId' | 'hash'>;

async function issue(
  ports: Ports,
  wish: CredentialWish,
  what: What,
  by: By,
): Promise<NotIssued | { ok: true; value: Credential }> {
  const nowMs = ports.clock.now();
  const faults = checkWish(wish, nowMs, ports.permissionExists);
  if (faults.length > 0) return { ok: false, reason: 'invalid', faults };
  const { accountId, name, source, permissions, addresses, expiresAtMs } = wish;
  const credential = { ...what, accountId, name, source, permissions, addresses, createdAtMs: nowMs, expiresAtMs };
  const { environment, userId } = what;
  const event = happened(by, nowMs, `${what.kind}.created`, {
    accountId,
    userId,
    details: { environment, permissions, addresses, expiresAtMs, source },
    mails: await ports.notify('credential-made', { credential, by, atMs: nowMs }),
  });
  const issued = await ports.credentials.issue({ credential, event });
  if (issued === 'too_many') return { ok: false, reason: 'invalid', faults: [tooMany(what.kind)] };
  return typeof issued === 'string' ? { ok: false, reason: issued } : ok(issued);
}
