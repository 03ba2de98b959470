/**
 * better-auth's own check of an API key, behind bare `node:http`: its documented server call, on SQLite in WAL, with its limits
 * off so that it does no more than necessary. Rows are written straight into its tables, in the form that it stores.
 */
import { hash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import SQLite from 'better-sqlite3';
import { keyText } from '../keys.ts';

const [port, path, rows] = [Number(process.argv[2]), process.argv[3] ?? '', Number(process.argv[4])];
const database = new SQLite(path);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');
database.pragma('mmap_size = 1073741824');
const options = {
  database,
  baseURL: 'http://localhost',
  secret: randomBytes(32).toString('base64'),
  telemetry: { enabled: false },
  plugins: [apiKey({ rateLimit: { enabled: false }, enableMetadata: false })],
};
const auth = betterAuth(options);
await (await getMigrations(options)).runMigrations();
// A second server of the run finds the rows of the first.
if (database.prepare('SELECT 1 FROM user').get() === undefined) seed();

createServer((request, response) => {
  if (request.url === '/healthz') return void response.end('ok');
  const key = request.headers.authorization?.slice('Bearer '.length) ?? '';
  auth.api.verifyApiKey({ body: { key } }).then(
    (verified) => {
      const body = JSON.stringify({ active: verified.valid });
      response.writeHead(verified.valid ? 200 : 401, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    },
    () => response.writeHead(500, { 'Content-Length': 0 }).end(),
  );
}).listen(port, '127.0.0.1');

/** One row created by better-auth itself is the pattern; only its id and its hash change. */
function seed(): void {
  const now = new Date().toISOString();
  database
    .prepare('INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt) VALUES (?, ?, ?, 1, ?, ?)')
    .run('u1', 'Bench', 'bench@example.com', now, now);
  const columns = (database.pragma('table_info(apikey)') as { name: string }[]).map(({ name }) => name);
  const values: Record<string, unknown> = {
    configId: 'default',
    referenceId: 'u1',
    userId: 'u1',
    enabled: 1,
    rateLimitEnabled: 0,
    requestCount: 0,
    createdAt: now,
    updatedAt: now,
  };
  const insert = database.prepare(
    `INSERT INTO apikey (${columns.map((name) => `"${name}"`).join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
  );
  const blank = Object.fromEntries(columns.map((name) => [name, values[name] ?? null]));
  database.transaction(() => {
    for (let index = 1; index <= rows; index++)
      insert.run({ ...blank, id: `k${index}`, key: hash('sha256', keyText(index), 'base64url') });
  })();
}
