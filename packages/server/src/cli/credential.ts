/** What tokens and keys have in common when they are listed and shown. */
import type { Credential, CredentialWithUse } from '../core/credentials/credential.ts';
import type { OpenedStore } from '../store/opened.ts';
import { facts, isoTime, readableList, readableTime } from './output.ts';

export const SHOWN_ONCE = 'Copy it now. It will not be shown again. Treat it like a password.';

interface Page {
  readonly credentials: readonly CredentialWithUse[];
  /** The `--before` of the next page; null at the end. */
  readonly next: number | null;
  /** The same for people, after the table. */
  readonly more: string;
  readonly stateOf: (credential: Credential) => string;
}

/** One page of credentials, newest first. */
export async function listPage(
  { credentials }: Pick<OpenedStore, 'credentials'>,
  filter: { readonly kind: 'token' | 'key'; readonly accountId?: number; readonly userId?: number },
  options: { readonly revoked?: boolean; readonly limit: number; readonly before?: number },
): Promise<Page> {
  const { limit, before, revoked: withRevoked = false } = options;
  const found = await credentials.listCredentials({
    ...filter,
    withRevoked,
    limit,
    ...(before === undefined ? {} : { beforeId: before }),
  });
  const next = found.length === limit ? (found.at(-1)?.id ?? null) : null;
  const nowMs = Date.now();
  return {
    credentials: found,
    next,
    more: next === null ? '' : `\n\nThere may be more. Use --before ${next}`,
    stateOf: (credential) => stateOf(credential, nowMs),
  };
}

function stateOf({ revokedAtMs, expiresAtMs }: Credential, nowMs: number): string {
  if (revokedAtMs !== null) return `revoked ${readableTime(revokedAtMs)}`;
  if (expiresAtMs === null) return 'active';
  return expiresAtMs <= nowMs ? `expired ${readableTime(expiresAtMs)}` : `until ${readableTime(expiresAtMs)}`;
}

/** For programs; never a secret, never a hash. */
export const describeCredential = (credential: Credential) => ({
  id: credential.id,
  account: credential.accountId,
  user: credential.userId,
  name: credential.name,
  environment: credential.environment,
  source: credential.source,
  permissions: credential.permissions,
  addresses: credential.addresses,
  created_at: isoTime(credential.createdAtMs),
  created_by: credential.createdBy,
  rotated_at: isoTime(credential.rotatedAtMs),
  expires_at: isoTime(credential.expiresAtMs),
  revoked_at: isoTime(credential.revokedAtMs),
  previous_ends_at: isoTime(credential.previousEndsAtMs),
});

/** The same with what is known of its use. */
export const describeWithUse = (credential: CredentialWithUse) => ({
  ...describeCredential(credential),
  imported_from: credential.imported?.origin ?? null,
  requests: credential.use.requests,
  last_used_at: isoTime(credential.use.lastUsedAtMs),
  last_address: credential.use.lastAddress,
  last_user_agent: credential.use.lastUserAgent,
  previous_last_used_at: isoTime(credential.use.previousLastUsedAtMs),
});

export const factsOfCredential = (credential: Credential): string =>
  facts([
    ['id', credential.id],
    ['name', credential.name],
    ['account', credential.accountId],
    ['environment', credential.environment],
    ['permissions', readableList(credential.permissions, 'everything in the account')],
    ['addresses', readableList(credential.addresses, 'any')],
    ['expires', readableTime(credential.expiresAtMs, 'never')],
    ['created by', credential.createdBy ?? '-'],
  ]);
