/** The answer of the token endpoint: how it is kept, and how long it is valid. */
import { type Answer, ask, readObject, refusalOf } from './ask.ts';
import { KeyhouseError } from './errors.ts';

export interface Tokens {
  readonly jwt: string;
  readonly refreshToken: string;
  /** What was granted, joined by spaces. */
  readonly scope: string;
  readonly idToken: string | null;
  /** By this machine's clock, just before they were requested. */
  readonly askedAtMs: number;
  readonly lifetimeSeconds: number;
}

export interface TokenRequest {
  readonly issuer: string;
  readonly clientId: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly isRepeatable: boolean;
}

/** On the monotonic clock, the moment from which the lifetime counts. */
const beganAt = new WeakMap<Tokens, number>();

/**
 * RFC 6749 §5.1. Throws the server's OAuth error, `unreachable`, or `unexpected_answer`. `before`: what an answer may leave out
 * as unchanged.
 */
export async function requestTokens(request: TokenRequest, before?: Tokens): Promise<Tokens> {
  const { issuer, clientId, parameters, isRepeatable } = request;
  const [askedAtMs, beganAtMs] = [Date.now(), performance.now()];
  const body = new URLSearchParams({ ...parameters, client_id: clientId });
  const answer = await ask({ url: `${issuer}/auth/token`, body, isRepeatable });
  if (answer.status !== 200) throw refusalOf(answer);
  const tokens = readAnswer(answer, askedAtMs, before);
  beganAt.set(tokens, beganAtMs);
  return tokens;
}

function readAnswer({ body }: Answer, askedAtMs: number, before: Tokens | undefined): Tokens {
  const { access_token: jwt, token_type: type, expires_in: lifetimeSeconds, refresh_token, scope, id_token } = body;
  const tokens = {
    ...{ jwt, lifetimeSeconds, askedAtMs },
    refreshToken: refresh_token ?? before?.refreshToken,
    scope: scope ?? before?.scope,
    idToken: id_token ?? before?.idToken ?? null,
  };
  if (!/^bearer$/i.test(String(type)) || !isTokens(tokens))
    throw new KeyhouseError('unexpected_answer', 'The answer of the issuer does not have the tokens that were expected.');
  return tokens;
}

/**
 * Milliseconds until the JWT expires; negative afterwards. Its own times are not compared with this machine's clock, which may be
 * wrong: what counts is how long ago it was requested, by the wall clock (which continues while the machine sleeps) or the
 * monotonic one (which is never set back), whichever says more.
 */
export function remainingMs(tokens: Tokens): number {
  const byWall = Date.now() - tokens.askedAtMs;
  const began = beganAt.get(tokens);
  // Requested in the future: the clock was set back, so the age is not known.
  if (began === undefined && byWall < 0) return 0;
  return tokens.lifetimeSeconds * 1000 - Math.max(byWall, began === undefined ? 0 : performance.now() - began);
}

/** Null if it was not written by `writeTokens`. */
export function readTokens(text: string): Tokens | null {
  const kept: unknown = readObject(text);
  if (!isTokens(kept)) return null;
  const agoMs = Date.now() - kept.askedAtMs;
  if (agoMs >= 0) beganAt.set(kept, performance.now() - agoMs);
  return kept;
}

export const writeTokens = (tokens: Tokens): string => JSON.stringify(tokens);

function isTokens(value: unknown): value is Tokens {
  const { jwt, refreshToken, scope, idToken, askedAtMs, lifetimeSeconds } = value as Partial<Record<keyof Tokens, unknown>>;
  return (
    [jwt, refreshToken].every((text) => typeof text === 'string' && text !== '') &&
    typeof scope === 'string' &&
    (idToken === null || typeof idToken === 'string') &&
    [askedAtMs, lifetimeSeconds].every(Number.isFinite)
  );
}
