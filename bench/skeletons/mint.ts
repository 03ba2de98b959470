/** `POST /auth`: a key becomes a JWT, which is recorded, listed, audited, chained and on disk before the answer. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { answerJson, bearerOf, type Handler, nextRequestId, readBody } from './answers.ts';
import { cached, connect, type Row, rowFinder } from './database.ts';
import { signJwt } from './sign-jwt.ts';
import { startWriter } from './writer-thread.ts';
import type { MintWrite } from './writes.ts';

const YEAR_SECONDS = 365 * 86_400;
const ISSUER = 'http://127.0.0.1:1';

/** `path` is a database of Keyhouse; what is minted goes to `ownPath`, which is new. */
export async function createMint(path: string, ownPath: string): Promise<Handler> {
  const find = cached(rowFinder(connect(path, { readonly: true })));
  const record = await startWriter<MintWrite, 'recorded' | 'too_many'>({ path: ownPath, writes: 'mints' });
  return (request, response) => {
    const text = bearerOf(request);
    const row = text === null ? null : find(text);
    if (row === null) return answerJson(response, 401, '{}');
    readBody(request, async (body) => {
      const { permissions } = JSON.parse(body.toString()) as { permissions: readonly string[] };
      const nowMs = Date.now();
      const issuedAt = Math.floor(nowMs / 1000);
      const expiresAt = issuedAt + YEAR_SECONDS;
      const jti = randomBytes(16);
      const jtiText = jti.toString('base64url');
      const recorded = record(writeOf(row, request, { jti, jtiText, permissions, nowMs, expiresAtMs: expiresAt * 1000 }));
      const token = signJwt(claimsOf(row, { jtiText, permissions, issuedAt, expiresAt }));
      if ((await recorded) !== 'recorded') return answerJson(response, 429, '{}');
      answerJson(response, 200, JSON.stringify({ token, expires: new Date(expiresAt * 1000).toISOString() }));
    });
  };
}

interface Minted {
  readonly jti: Buffer;
  readonly jtiText: string;
  readonly permissions: readonly string[];
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

function writeOf(row: Row, { socket, headers }: IncomingMessage, minted: Minted): MintWrite {
  const { jti, jtiText, nowMs, expiresAtMs } = minted;
  const permissions = JSON.stringify(minted.permissions);
  const details = `{"jti":"${jtiText}","permissions":${permissions},"subject":null,"expires_at_ms":${expiresAtMs}}`;
  const person = JSON.stringify({ address: socket.remoteAddress, userAgent: headers['user-agent'] });
  return [jti, row.id, row.accountId, permissions, nowMs, expiresAtMs, nextRequestId(), details, person];
}

interface Claims {
  readonly jtiText: string;
  readonly permissions: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const claimsOf = ({ id, accountId, environment }: Row, { jtiText, permissions, issuedAt, expiresAt }: Claims): string =>
  JSON.stringify({
    iss: ISSUER,
    aud: ISSUER,
    sub: `account:${accountId}`,
    iat: issuedAt,
    exp: expiresAt,
    jti: jtiText,
    client_id: `key:${id}`,
    scope: permissions.join(' '),
    permissions,
    account: accountId,
    environment,
  });
