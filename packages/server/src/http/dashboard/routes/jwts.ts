/** The JWTs minted from a key of the account. Their text is stored nowhere, so a list can show only what is recorded. */

import { jtiIssuedAtMs } from '@keyhouse/protocol';
import type { MintedJwt } from '../../../core/jwts/jwt.ts';
import { Refusal } from '../../../core/refusal.ts';
import { invalid } from '../../faults.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import { readPage } from '../page.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { credentialHandlers } from './credentials.ts';

/** What can be part of a subject; no JWT of ours contains anything else. */
const SUBJECT_PART = /^[A-Za-z0-9._@-]*$/;

export function jwtsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const { find } = credentialHandlers(keyhouse);
  const keyOf = ({ id }: { readonly id: number }, text: string) => find({ kind: 'key', accountId: id }, text);

  serve('GET /accounts/:account/keys/:id/jwts', async ({ account, params, query: { subject = '', before, limit } }) => {
    const key = await keyOf(account, params.id);
    const page = readPage({ limit });
    if (!SUBJECT_PART.test(subject)) return { jwts: [], next: null };
    const found = await keyhouse.jwts.list({
      keyId: key.id,
      subjectBegins: subject,
      ...(before === undefined ? {} : { before: readBefore(before) }),
      limit: page.limit + 1,
    });
    const jwts = found.slice(0, page.limit);
    return { jwts: jwts.map(describe), next: found.length > page.limit ? (jwts.at(-1)?.jti ?? null) : null };
  });

  serve('POST /accounts/:account/jwts/decode', async ({ account, body }) => {
    const decoded = await keyhouse.jwts.decode({ text: body.jwt.trim(), accountId: account.id });
    if (decoded === null) throw invalid('jwt', 'This is not a JWT. A JWT has three parts and looks like eyJ….eyJ….…');
    return decoded;
  });

  serve('DELETE /accounts/:account/jwts/:jti', async ({ account, params, by }) => {
    if (jtiIssuedAtMs(params.jti) === null) throw new Refusal({ code: 'not_found' });
    const revoked = await keyhouse.jwts.revoke({ jti: params.jti, accountId: account.id, by });
    if (!revoked.ok) throw new Refusal({ code: 'not_found' });
  });

  serve('DELETE /accounts/:account/keys/:id/jwts', async ({ account, params, by }) => {
    const key = await keyOf(account, params.id);
    return { revoked: await keyhouse.jwts.revokeOfKey({ keyId: key.id, accountId: account.id }, by) };
  });
}

/** The following page begins after this JWT, whose ID tells when it was issued. */
function readBefore(jti: string): { jti: string; issuedAtMs: number } {
  const issuedAtMs = jtiIssuedAtMs(jti);
  if (issuedAtMs === null) throw invalid('before', 'The before field must be the value of next from another page.');
  return { jti, issuedAtMs };
}

const describe = (jwt: MintedJwt) => ({
  jti: jwt.jti,
  key_id: jwt.keyId,
  subject: jwt.subject,
  permissions: [...jwt.permissions],
  issued_at: toTimestamp(jwt.issuedAtMs),
  expires_at: toTimestamp(jwt.expiresAtMs),
  revoked_at: toOptionalTimestamp(jwt.revokedAtMs),
});
