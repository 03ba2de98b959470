/**
 * What a pasted JWT contains, and whether it is still valid. Anyone can read a JWT: nothing in it is secret but its signature.
 * The verdict is shown to its own account only; of a JWT of another account or another issuer, only that it is foreign.
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
  /** The one verifier, asking without using: nothing is counted, and the address that it would be used from is not judged. */
  readonly judge: (text: string) => Verdict | Promise<Verdict>;
}

/** Null if the text is not a signed JWT in compact form (RFC 7515 §7.1) of a JSON object. It is stored and logged nowhere. */
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
