/** Minted JWTs as they are recorded; the text of a JWT is never kept. */
import type { Clock } from '../lib/clock.ts';
import type { JwtsStore, MintedJwt } from './jwt.ts';

/** More than a person reads at once. */
const DEFAULT_LIMIT = 100;

/** The JWTs of one key, newest first; expired and revoked ones only when asked for. */
export const listJwts = (
  ports: { jwts: Pick<JwtsStore, 'listJwts'>; clock: Clock },
  input: {
    keyId: number;
    subject?: string;
    subjectBegins?: string;
    before?: { readonly issuedAtMs: number; readonly jti: string };
    withEnded?: boolean;
    limit?: number;
  },
): Promise<readonly MintedJwt[]> =>
  ports.jwts.listJwts({
    ...input,
    nowMs: ports.clock.now(),
    withEnded: input.withEnded ?? false,
    limit: input.limit ?? DEFAULT_LIMIT,
  });

/** One JWT by its ID. With `accountId`, only one of that account: those of other accounts are reported as missing. */
export const findJwt = async (
  ports: { jwts: Pick<JwtsStore, 'findJwt'> },
  input: { jti: string; accountId?: number },
): Promise<MintedJwt | null> => {
  const jwt = await ports.jwts.findJwt(input.jti);
  return jwt !== null && (input.accountId === undefined || jwt.accountId === input.accountId) ? jwt : null;
};
