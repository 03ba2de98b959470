/**
 * How an application identifies itself at the OAuth endpoints (RFC 6749 §2.3, RFC 7523 §2.2): by HTTP Basic, in the body, with a
 * signed assertion, or only by its ID if it is public. One way at a time.
 */
import type { IncomingMessage } from 'node:http';
import { isClientId, readAuthorization } from '@keyhouse/protocol';
import type { Keyhouse } from '../core/keyhouse.ts';
import type { AuthenticatedClient, ClientProof } from '../core/oauth/client.ts';
import { Refusal } from '../core/refusal.ts';
import { type Limiter, networkOf } from '../core/sign-ins/sign-in-limits.ts';
import type { Authenticator } from './authenticate.ts';

export type Form = Readonly<Record<string, string>>;

interface Ports {
  readonly oauth: Pick<Keyhouse['oauth'], 'authenticateClient'>;
  readonly audit: Pick<Keyhouse['audit'], 'refusals'>;
  readonly authenticator: Authenticator;
  /** Failed attempts by address; only of this server, so that a refusal writes nothing. */
  readonly limiter: Pick<Limiter, 'take'>;
}

export type AuthenticateClient = (request: IncomingMessage, requestId: string, form: Form) => Promise<AuthenticatedClient | null>;

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Null if the request names no client at all. Throws `invalid_client` if the client cannot be authenticated. */
export function createClientAuthentication({ oauth, audit, authenticator, limiter }: Ports): AuthenticateClient {
  return async (request, requestId, form) => {
    const proof = readProof(request, form);
    if (proof === null) return null;
    const authenticated = await oauth.authenticateClient(proof);
    if (authenticated.ok) return authenticated.value;
    const by = authenticator.byStranger(request, requestId);
    const named = proof.clientId !== null && isClientId(proof.clientId) ? { client_id: proof.clientId } : {};
    const { address = null } = by.person;
    const network = address === null ? '' : networkOf(address);
    audit.refusals.record({
      event: 'request.refused',
      reason: 'client',
      by,
      subject: null,
      stranger: { network, isBlank: false },
      details: named,
    });
    const taken = await limiter.take(`client:${network}`);
    if (!taken.ok) throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: taken.retryAfterSeconds });
    throw invalidClient();
  };
}

export const invalidClient = (): Refusal =>
  new Refusal({ code: 'oauth', error: 'invalid_client', description: 'Client authentication failed.' });

/** A body whose members are all text: forms are like that, and JSON at OAuth endpoints must be. */
export function readOAuthForm(body: unknown): Form {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidRequest('The body must contain parameters.');
  const entries = Object.entries(body).filter(([, value]) => value !== null && value !== '');
  const wrong = entries.find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) throw invalidRequest('Every parameter must be text.');
  return Object.fromEntries(entries) as Form;
}

export const invalidRequest = (description: string): Refusal =>
  new Refusal({ code: 'oauth', error: 'invalid_request', description });

function readProof(request: IncomingMessage, form: Form): ClientProof | null {
  const authorization = readAuthorization(request.rawHeaders);
  const { client_id: clientId, client_secret: secret, client_assertion: assertion } = form;
  const inBody = [secret, assertion].filter((each) => each !== undefined).length;
  if (authorization.kind === 'repeated' || inBody > 1) throw new Refusal({ code: 'two_credentials' });
  if (authorization.kind === 'basic') {
    if (inBody > 0) throw new Refusal({ code: 'two_credentials' });
    const basic = readBasic(authorization.value);
    if (basic === null || (clientId !== undefined && clientId !== basic.clientId)) throw invalidClient();
    // Libraries of public clients may always send Basic: an empty secret counts as none, as in the body.
    return basic.secret === '' ? { method: 'none', clientId: basic.clientId } : { method: 'secret', ...basic };
  }
  if (assertion !== undefined) {
    if (form.client_assertion_type !== ASSERTION_TYPE) throw invalidRequest(`client_assertion_type must be ${ASSERTION_TYPE}.`);
    return { method: 'assertion', clientId: clientId ?? null, assertion };
  }
  if (clientId === undefined) {
    if (secret !== undefined) throw invalidClient();
    return null;
  }
  return secret === undefined ? { method: 'none', clientId } : { method: 'secret', clientId, secret };
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined; RFC 7617 §2. */
function readBasic(value: string): { readonly clientId: string; readonly secret: string } | null {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return null;
  const [clientId, secret] = [decodeForm(text.slice(0, colon)), decodeForm(text.slice(colon + 1))];
  return clientId === null || secret === null ? null : { clientId, secret };
}

function decodeForm(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
