/**
 * What stands in a JWT that somebody pasted, and whether it still holds. Reading is anybody's: nothing in a JWT is secret but its
 * signature. What is judged is told to its own account alone; of another's, or another issuer's, only that it is foreign.
 */

import { peekJws } from '@keyhouse/protocol';
import type { Verdict } from '../caller.ts';

export type JwtState = 'valid' | 'expired' | 'revoked' | 'foreign' | 'forged';

export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly state: JwtState;
}

export interface DecodePorts {
  /** The one verifier, asking and not using: nothing is counted, and where it would be used from is not judged. */
  readonly judge: (text: string) => Verdict | Promise<Verdict>;
}

/** Null when the text is no signed JWT in compact form (RFC 7515 §7.1) of a JSON object. It is stored and logged nowhere. */
export async function decodeJwt(
  { judge }: DecodePorts,
  { text, accountId }: { text: string; accountId: number },
): Promise<DecodedJwt | null> {
  const read = peekJws(text);
  if (read === null) return null;
  return { header: read.header, claims: read.payload, state: stateOf(await judge(text), accountId) };
}

function stateOf(verdict: Verdict, accountId: number): JwtState {
  if (verdict.ok) return verdict.caller.kind === 'jwt' && verdict.caller.accountId === accountId ? 'valid' : 'foreign';
  if (verdict.reason === 'signature') return 'forged';
  if (verdict.refused?.accountId !== accountId) return 'foreign';
  return verdict.reason === 'expired' || verdict.reason === 'revoked' ? verdict.reason : 'foreign';
}
