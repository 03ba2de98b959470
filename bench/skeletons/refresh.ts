/** `POST /auth/token` with a refresh token: the next one and a JWT, and the rotation on disk before the answer. */
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { answerJson, type Handler, readBody } from './answers.ts';
import { connect } from './database.ts';
import { signJwt } from './sign-jwt.ts';
import { startWriter } from './writer-thread.ts';
import type { RefreshWrite } from './writes.ts';

const SESSIONS = 256;
const JWT_SECONDS = 600;
const ISSUER = 'http://127.0.0.1:1';
const PREFIX = 'kh_refresh_';
/** An id of 16 bytes, a counter and the number of the key, six each. */
const MESSAGE_BYTES = 28;

const macKey = createSecretKey(randomBytes(32));

/** Sessions are created in `path`, which is new; `GET` answers with a refresh token of each. */
export async function createRefresh(path: string): Promise<Handler> {
  const tokens = createSessions(path);
  const move = await startWriter<RefreshWrite, boolean>({ path, writes: 'refreshes' });
  const find = connect(path, { readonly: true })
    .prepare('SELECT user_id, account_id, permissions, salt FROM sessions WHERE id = ? AND ended_at_ms IS NULL')
    .raw();
  return (request, response) => {
    if (request.method === 'GET') return answerJson(response, 200, JSON.stringify(tokens));
    readBody(request, async (body) => {
      const presented = new URLSearchParams(body.toString('latin1')).get('refresh_token') ?? '';
      const bytes = Buffer.from(presented.slice(PREFIX.length), 'base64url');
      const message = bytes.subarray(0, MESSAGE_BYTES);
      const id = message.toString('base64url', 0, 16);
      const session = find.get(id) as [number, number, string, Buffer] | undefined;
      if (session === undefined) return answerJson(response, 400, '{"error":"invalid_grant"}');
      const [userId, accountId, permissionsText, salt] = session;
      if (!timingSafeEqual(macOf(message, salt), bytes.subarray(MESSAGE_BYTES)))
        return answerJson(response, 400, '{"error":"invalid_grant"}');
      const counter = message.readUIntBE(16, 6);
      const nowMs = Date.now();
      const { socket, headers } = request;
      const moved = move([id, counter, nowMs, socket.remoteAddress, headers['user-agent']]);
      const permissions = JSON.parse(permissionsText) as readonly string[];
      const scope = permissions.join(' ');
      const issuedAt = Math.floor(nowMs / 1000);
      const claims = {
        iss: ISSUER,
        aud: ISSUER,
        sub: `user:${userId}`,
        iat: issuedAt,
        exp: issuedAt + JWT_SECONDS,
        jti: randomBytes(16).toString('base64url'),
        client_id: 'app_0123456789abcdef',
        scope,
        permissions,
        account: accountId,
        environment: 'live',
        sid: id,
      };
      const accessToken = signJwt(JSON.stringify(claims));
      if (!(await moved)) return answerJson(response, 400, '{"error":"invalid_grant"}');
      const answer = {
        access_token: accessToken,
        token_type: 'Bearer',
        expires_in: JWT_SECONDS,
        refresh_token: tokenOf(id, counter + 1, salt),
        scope,
      };
      answerJson(response, 200, JSON.stringify(answer));
    });
  };
}

function createSessions(path: string): readonly string[] {
  const database = connect(path, { readonly: false });
  database.exec(`CREATE TABLE sessions (
    id TEXT PRIMARY KEY, user_id INTEGER NOT NULL, account_id INTEGER NOT NULL, permissions TEXT NOT NULL, salt BLOB NOT NULL,
    counter INTEGER NOT NULL, moved_at_ms INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, last_used_at_ms INTEGER NOT NULL,
    last_address TEXT, last_user_agent TEXT, ended_at_ms INTEGER) WITHOUT ROWID`);
  const insert = database.prepare(
    `INSERT INTO sessions VALUES (?, 7, 9, '["invoices.read","services.read"]', ?, 1, 0, 0, 0, NULL, NULL, NULL)`,
  );
  const tokens = Array.from({ length: SESSIONS }, () => {
    const id = randomBytes(16).toString('base64url');
    const salt = randomBytes(16);
    insert.run(id, salt);
    return tokenOf(id, 1, salt);
  });
  database.close();
  return tokens;
}

/** Computed, not stored. */
function tokenOf(id: string, counter: number, salt: Buffer): string {
  const message = Buffer.alloc(MESSAGE_BYTES);
  message.write(id, 0, 'base64url');
  message.writeUIntBE(counter, 16, 6);
  message.writeUIntBE(1, 22, 6);
  return PREFIX + Buffer.concat([message, macOf(message, salt)]).toString('base64url');
}

const macOf = (message: Buffer, salt: Buffer): Buffer => createHmac('sha256', macKey).update(salt).update(message).digest();
