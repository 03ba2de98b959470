/** Who asks at the token endpoint (RFC 6749 §2.3, RFC 7523 §2.2): an application, and whether it is authenticated. */
import { timingSafeEqual } from 'node:crypto';
import { isClientSecret, no, type Outcome, ok } from '@keyhouse/protocol';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { ApplicationsStore, ApplicationWithSecrets } from '../applications/application.ts';
import { type ClientKey, importClientKey } from '../applications/client-keys.ts';
import { type Clock, SECOND_MS } from '../lib/clock.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { Presenter } from '../sessions/refresh.ts';
import type { TicketsStore } from '../users/ticket.ts';
import type { Client } from './checks.ts';

export type ClientProof =
  | { readonly method: 'none'; readonly clientId: string }
  | { readonly method: 'secret'; readonly clientId: string; readonly secret: string }
  /** A JWT that the client signed; it names the client itself. */
  | { readonly method: 'assertion'; readonly clientId: string | null; readonly assertion: string };

export interface ClientPorts {
  readonly applications: Pick<ApplicationsStore, 'findClient'>;
  readonly tickets: Pick<TicketsStore, 'useOnce'>;
  readonly issuer: string;
  readonly clock: Clock;
}

export interface AuthenticatedClient {
  readonly client: Client;
  /** False: a public client, which cannot be told apart from another program that knows its ID. */
  readonly isProved: boolean;
}

/** An assertion is created for one request; one that is valid for longer could be kept. */
const MAX_ASSERTION_SECONDS = 600;
const CLOCK_SKEW_SECONDS = 30;

/** Every failure looks the same to a stranger: unknown client, wrong secret, missing secret. */
export async function authenticateClient(
  ports: ClientPorts,
  proof: ClientProof,
): Promise<Outcome<AuthenticatedClient, 'invalid_client'>> {
  const clientId = proof.clientId ?? (proof.method === 'assertion' ? readIssuer(proof.assertion) : null);
  const client = clientId === null ? null : await ports.applications.findClient(clientId);
  // Hashed even if the client does not exist.
  const isSecretGood = proof.method === 'secret' && holdsSecret(client, proof.secret, ports.clock.now());
  if (client === null) return no('invalid_client');
  if (client.kind === 'public') return proof.method === 'none' ? ok({ client, isProved: false }) : no('invalid_client');
  if (proof.method === 'assertion' && (await holdsKey(ports, client, proof.assertion))) return ok({ client, isProved: true });
  return isSecretGood ? ok({ client, isProved: true }) : no('invalid_client');
}

/** What sessions need to know of it. */
export const presenterOf = ({ client, isProved }: AuthenticatedClient): Presenter => ({
  applicationId: client.id,
  clientId: client.clientId,
  name: client.name,
  isProved,
  idleSeconds: client.idleSeconds,
  absoluteSeconds: client.absoluteSeconds,
});

const NO_HASH = '0'.repeat(64);

function holdsSecret(client: ApplicationWithSecrets | null, secret: string, nowMs: number): boolean {
  const hash = Buffer.from(sha256Hex(secret), 'hex');
  const isSame = (stored: string | null): boolean => timingSafeEqual(hash, Buffer.from(stored ?? NO_HASH, 'hex'));
  const isCurrent = isSame(client?.secretHash ?? null);
  const isPrevious = isSame(client?.previousSecretHash ?? null) && (client?.previousSecretEndsAtMs ?? 0) > nowMs;
  return isClientSecret(secret) && (isCurrent || isPrevious);
}

/** RFC 7523 §3: issuer and subject are the client, it is meant for us, it expires soon, and it is used once. */
async function holdsKey({ tickets, issuer, clock }: ClientPorts, client: Client, assertion: string): Promise<boolean> {
  const key = keyOf(client, assertion);
  if (key === null) return false;
  const nowMs = clock.now();
  const verified = await jwtVerify(assertion, key.key, {
    algorithms: [key.algorithm],
    issuer: client.clientId,
    subject: client.clientId,
    // The issuer is what is recommended now; existing clients name the endpoint.
    audience: [issuer, `${issuer}/auth/token`],
    requiredClaims: ['exp', 'jti'],
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: new Date(nowMs),
  }).catch(() => null);
  if (verified === null) return false;
  const { jti, exp = 0 } = verified.payload;
  const lastsMs = exp * SECOND_MS - nowMs;
  if (typeof jti !== 'string' || jti === '' || lastsMs > (MAX_ASSERTION_SECONDS + CLOCK_SKEW_SECONDS) * SECOND_MS) return false;
  const hash = sha256Hex(`${client.clientId} ${jti}`);
  // A NumericDate may have a fraction (RFC 7519 §2).
  const endsAtMs = Math.ceil(exp * SECOND_MS) + CLOCK_SKEW_SECONDS * SECOND_MS;
  return await tickets.useOnce({ purpose: 'client-assertion', hash, nowMs, endsAtMs });
}

function keyOf({ jwks }: Client, assertion: string): ClientKey | null {
  const kid = readHeader(assertion)?.kid;
  const jwk = jwks?.keys.find((each) => each.kid === kid);
  const imported = jwk === undefined ? null : importClientKey(jwk);
  return imported?.ok ? imported.value : null;
}

function readHeader(assertion: string): { readonly kid?: string } | null {
  try {
    const { kid } = decodeProtectedHeader(assertion);
    return kid === undefined ? null : { kid };
  } catch {
    return null;
  }
}

function readIssuer(assertion: string): string | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const issuer = typeof claims === 'object' && claims !== null && 'iss' in claims ? claims.iss : null;
    return typeof issuer === 'string' ? issuer : null;
  } catch {
    return null;
  }
}
