/**
 * What must never be at rest is searched for where data rests: every column of every table, the raw bytes of the SQLite files,
 * and everything that was logged. Unchanged, in hex, and in base64 at each of its three offsets.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { MasterSecret } from '../../src/core/lib/master-secret.ts';
import { open } from '../../src/core/lib/seal.ts';
import { openBody } from '../../src/core/mail/compose.ts';
import { browserWith } from '../dashboard-browser.ts';
import { eachDatabase, type TestDatabase } from '../databases.ts';
import { startProgram } from '../program.ts';
import { startTestServer } from '../server.ts';

const MASTER = `master-${randomBytes(24).toString('hex')}`;

eachDatabase('nothing secret', (makeDatabase) => {
  it('is at rest or in the log after a story that used every kind of it', async () => {
    const database = await makeDatabase();
    const server = await startTestServer({ database, secret: MASTER });
    const secrets = new Map<string, string | Buffer>([['master secret', MASTER]]);
    const secret = (name: string, text: string): string => {
      secrets.set(name, text);
      return text;
    };
    const secretPart = (name: string, text: string): string => {
      secret(name, text.slice(text.lastIndexOf('_') + 1));
      return text;
    };
    const password = secret('password', `Q${randomBytes(12).toString('hex')}!`);
    const wrong = secret('wrong password', `W${randomBytes(12).toString('hex')}!`);
    const email = 'somebody@example.com';
    const signIn = (path: string, typed: string, as = email) =>
      server.request(`/api/v1/auth/${path}`, { body: { email: as, password: typed, device_name: 'laptop' } });

    const registered = await signIn('register', password);
    const first = secretPart('token', registered.json.user.access_token);
    secretPart('second token', (await signIn('login', password)).json.user.access_token);
    expect((await signIn('login', wrong)).status).toBe(422);
    // People type their password into the field of the address.
    await signIn('login', wrong, `${password}@example.com`);
    const rotated = await server.request('/api/v1/auth/tokens/rotate', { bearer: first, body: {} });
    secretPart('rotated token', rotated.json.access_token);
    const user = await server.keyhouse.users.find(registered.json.user.id);
    const key = await server.key(user?.accountId ?? 0);
    secretPart('key', key.text);
    const minted = await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
    const jwt: string = minted.json.token;
    secret('JWT signature', jwt.split('.')[2] ?? '');
    await server.request('/verify/api/invoices', { bearer: jwt });
    for (const text of [`${jwt}x`, `${key.text}x`, 'Basic abc']) await server.request('/verify/api/x', { bearer: text });
    await server.request('/auth/introspect', {
      bearer: key.text,
      body: `token=${jwt}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    await server.request('/auth/revoke', {
      body: `token=${jwt}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    for (const stored of await server.store.signingKeys.listSigningKeys()) {
      const opened = open([new MasterSecret(MASTER)], `signing-key:${stored.kid}`, stored.sealedPrivateKey);
      if (!opened.ok) throw new Error(opened.reason);
      // The scalar of a P-256 key is at a fixed place of its PKCS #8 form (RFC 5915).
      secrets.set(`private key ${stored.kid}`, opened.value.subarray(36, 68));
    }
    // Links that sign a user in, on their way by mail.
    expect((await browserWith(server, '').ask('/forgot', { body: { email } })).status).toBe(204);
    // Written after the answer, so that its time does not reveal who is registered.
    const kinds = async () => (await server.store.mails.listMails({ limit: 100 })).map(({ kind }) => kind);
    await expect.poll(kinds).toContain('reset-password');
    for (const { id, kind } of await server.store.mails.listMails({ limit: 100 })) {
      const mail = await server.store.mails.findMail(id);
      const sealedBody = mail?.sealedBody ?? '';
      const body = openBody([new MasterSecret(MASTER)], { recipient: mail?.recipient ?? '', sealedBody });
      for (const [, ticket = ''] of (body.ok ? body.value.text : '').matchAll(/#([\w-]{20,})/g))
        secret(`link of ${kind}`, ticket);
    }
    expect([...secrets.keys()]).toContain('link of reset-password');
    // What waits to be written is written before it is searched.
    await server.keyhouse.audit.refusals.flush({ end: true });

    const places = new Map([...(await dump(database)), ['the log', Buffer.from(server.logged.join('\n'))]]);
    expect(places.size).toBeGreaterThan(database.kind === 'sqlite' ? 2 : 10);
    // The search finds what exists.
    expect(find(places, email)).not.toEqual([]);
    for (const [name, value] of secrets) expect(find(places, value), name).toEqual([]);
    await server.stop();
  });
});

it('the log of the whole program, and the files beside its database, hold no secret but the master secret in its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-secrets-'));
  const password = `P${randomBytes(12).toString('hex')}!`;
  const program = await startProgram({
    KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`,
    KEYHOUSE_ADMIN_EMAIL: 'admin@example.com',
    KEYHOUSE_ADMIN_PASSWORD: password,
    KEYHOUSE_LOG_LEVEL: 'trace',
  });
  try {
    const post = (path: string, body: unknown, bearer?: string) =>
      fetch(program.origin + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
        body: JSON.stringify(body),
      });
    const answer = await post('/api/v1/auth/login', { email: 'admin@example.com', password, device_name: 'laptop' });
    const { user } = (await answer.json()) as { user: { access_token: string } };
    expect(answer.status).toBe(200);
    await post('/auth', { permissions: ['a.read'] }, user.access_token);
    await program.stop();
    const master = readFileSync(join(folder, 'secret'), 'utf8').trim();
    const files = readdirSync(folder).filter((name) => name !== 'secret');
    const places = new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
    places.set('the log', Buffer.from(program.output()));
    for (const secret of [password, user.access_token.slice(-48), master]) expect(find(places, secret)).toEqual([]);
  } finally {
    await program.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Where a value occurs, in any of its spellings. */
function find(places: ReadonlyMap<string, Buffer>, value: string | Buffer): string[] {
  const bytes = Buffer.from(value);
  const spellings = [bytes, Buffer.from(bytes.toString('hex')), Buffer.from(bytes.toString('hex').toUpperCase())];
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const offset of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString(encoding)
        .replace(/=+$/, '');
      // The characters at both ends also depend on their neighbours.
      spellings.push(Buffer.from(text.slice(offset === 0 ? 0 : offset + 1, -1)));
    }
  }
  return [...places].filter(([, content]) => spellings.some((spelling) => content.includes(spelling))).map(([place]) => place);
}

async function dump(database: TestDatabase): Promise<Map<string, Buffer>> {
  return database.kind === 'sqlite' ? dumpFiles(database.url.slice('sqlite:'.length)) : dumpTables(database.url);
}

/** The file and its log hold every table, and what was deleted or replaced but not yet overwritten. */
function dumpFiles(path: string): Map<string, Buffer> {
  const folder = dirname(path);
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

async function dumpTables(url: string): Promise<Map<string, Buffer>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const tables = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
  const places = new Map<string, Buffer>();
  for (const { tablename } of tables.rows as { tablename: string }[]) {
    const { rows } = await client.query(`SELECT * FROM "${tablename}"`);
    const cells = rows.flatMap((row: object) => Object.values(row));
    // Bytes as they are, everything else as text.
    const parts = cells.flatMap((cell: unknown) => [Buffer.isBuffer(cell) ? cell : Buffer.from(String(cell)), Buffer.from('\n')]);
    places.set(tablename, Buffer.concat(parts));
  }
  await client.end();
  return places;
}
