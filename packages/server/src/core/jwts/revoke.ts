/** Revokes one minted JWT. Revoking a key, narrowing it or disabling its owner revokes JWTs too: those acts do it themselves. */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { JwtsStore, MintedJwt } from './jwt.ts';
import { findJwt } from './list.ts';

/**
 * Revokes a JWT by its ID. With `accountId`, only one of that account; a client that presents the JWT itself needs none (RFC
 * 7009). `not_found`: no such active JWT exists.
 */
export const revokeJwt = async (
  ports: { jwts: Pick<JwtsStore, 'findJwt' | 'revokeJwt'>; clock: Clock },
  input: { jti: string; accountId?: number; by: By },
): Promise<Outcome<MintedJwt, 'not_found'>> => {
  const jwt = await findJwt(ports, input);
  if (jwt === null) return no('not_found');
  const nowMs = ports.clock.now();
  const { jti, keyId: credentialId, accountId } = jwt;
  const event = happened(input.by, nowMs, 'jwt.revoked', { accountId, credentialId, details: { jti } });
  const revoked = await ports.jwts.revokeJwt({ jti, nowMs, event });
  return revoked ? ok({ ...jwt, revokedAtMs: nowMs }) : no('not_found');
};
