/** A start never fails because of the users in the database: it says what to do, and clients of the API notice nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createKeyhouse } from '../../src/core/keyhouse.ts';
import { systemClock } from '../../src/core/lib/clock.ts';
import { MasterSecret } from '../../src/core/lib/master-secret.ts';
import { openStore } from '../../src/store/open.ts';
import { startProgram } from '../program.ts';
import { OPERATOR } from '../server.ts';

const SECRET = 'a master secret that is long enough for a test';
const ADMIN = { email: 'admin@example.com', password: 'an administrator has a long one' };

/** A database as it was left, before the server starts. */
async function prepare(url: string, use: (keyhouse: ReturnType<typeof createKeyhouse>) => Promise<void>): Promise<void> {
  const store = await openStore({ url, onWarning: () => {} });
  const keyhouse = createKeyhouse({
    ...{ store, secret: new MasterSecret(SECRET), secretPrevious: null, limiter: store.limiter, clock: systemClock },
    monotonicMs: () => performance.now(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    settings: { issuer: 'http://localhost', maxJwtDays: 366, signup: 'open', signingAlgorithm: 'ES256' },
  });
  await keyhouse.prepare();
  await use(keyhouse);
  await keyhouse.close();
}

type Prepared = Parameters<typeof prepare>[1];
/** As left by versions that allowed disabling the last administrator. */
const disabled: Prepared = async (keyhouse) => {
  const created = await keyhouse.users.create({ ...ADMIN, isAdministrator: true, by: OPERATOR });
  const second = await keyhouse.users.create({ ...ADMIN, email: 'second@example.com', isAdministrator: true, by: OPERATOR });
  if (!created.ok || !second.ok) throw new Error('not created');
  expect(await keyhouse.users.disable({ userId: created.value.id, by: OPERATOR })).toMatchObject({ ok: true });
  // The act refuses the last one, so this state comes from another version, or from a manual change of the database.
  expect(await keyhouse.users.disable({ userId: second.value.id, by: OPERATOR })).toMatchObject({ reason: 'last_administrator' });
};
const registered: Prepared = async (keyhouse) => {
  const created = await keyhouse.users.create({ ...ADMIN, isAdministrator: false, by: OPERATOR });
  if (!created.ok) throw new Error(created.reason);
};

it.each([
  ['somebody registered the address first', registered, 'belongs to a user who is not an administrator'],
  ['the only administrator is disabled', disabled, 'is disabled, and there is no other enabled administrator'],
])('starts with KEYHOUSE_ADMIN_* set although %s', async (_, left, sentence) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-start-'));
  const url = `sqlite:${join(folder, 'keyhouse.db')}`;
  await prepare(url, left);
  if (left === disabled) await takeSecond(join(folder, 'keyhouse.db'));
  const program = await startProgram({
    ...{ KEYHOUSE_DATABASE_URL: url, KEYHOUSE_SECRET: SECRET },
    ...{ KEYHOUSE_ADMIN_EMAIL: ADMIN.email, KEYHOUSE_ADMIN_PASSWORD: ADMIN.password },
  });
  try {
    expect((await fetch(`${program.origin}/readyz`)).status).toBe(200);
    await expect.poll(() => program.output()).toContain(sentence);
    expect(program.output()).toMatch(/\/setup#[\w-]+ within an hour/);
    expect(program.output()).not.toContain(ADMIN.password);
  } finally {
    await program.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Directly in the database, as the act does not do it. */
async function takeSecond(file: string): Promise<void> {
  const { default: SQLite } = await import('better-sqlite3');
  const connection = new SQLite(file);
  connection.exec(`UPDATE users SET disabled_at_ms = 1 WHERE email = 'second@example.com'`);
  connection.close();
}
