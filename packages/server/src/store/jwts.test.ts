/** What lists and counts say of a key with very many JWTs, on both databases. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { eachDatabase, runStatements } from '../../test/databases.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
/** More than any limit on what is looked at. */
const REVOKED = 40_000;

eachDatabase('a key with more revoked JWTs that have not expired than it may have active ones', (makeDatabase) => {
  let store: OpenedStore;
  let keyId: number;

  beforeAll(async () => {
    const database = await makeDatabase();
    store = await database.open();
    const key = await store.credentials.issue({
      credential: {
        ...{ kind: 'key', environment: 'live', accountId: 1, userId: null, name: 'busy', source: 'command-line' },
        ...{
          permissions: null,
          addresses: null,
          hash: randomBytes(32).toString('hex'),
          createdAtMs: NOW - DAY,
          expiresAtMs: null,
        },
      },
      event: { event: 'key.created', atMs: NOW, by: { actor: 'operator', requestId: null, person: {} } },
    });
    if (typeof key === 'string') throw new Error(key);
    keyId = key.id;
    const columns = 'jti, key_id, account_id, subject, permissions, signing_key_id, issued_at_ms, expires_at_ms, revoked_at_ms';
    const row = (jti: string, expiresAtMs: number, revokedAtMs: number | null) =>
      `SELECT ${jti}, ${keyId}, 1, NULL, '[]', 'kid', ${NOW}, ${expiresAtMs}, ${revokedAtMs}`;
    const revoked = (expiresAtMs: number) => `INSERT INTO jwts (${columns})
      WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${REVOKED})
      ${row(`'revoked ${expiresAtMs} ' || i`, expiresAtMs, NOW)} FROM numbers`;
    await runStatements(database, [
      // Before it and after it in the order of their expiry.
      revoked(NOW + 1000),
      revoked(NOW + 100 * DAY),
      `INSERT INTO jwts (${columns}) ${row(`'active'`, NOW + DAY, null)}`,
    ]);
  });

  it('shows the active one', async () => {
    const listed = await store.jwts.listJwts({ keyId, nowMs: NOW, withEnded: false, limit: 100 });
    expect(listed.map(({ jti }) => jti)).toEqual(['active']);
  });

  it('says that its end ends the active one', async () => {
    expect(await store.ends.whatEnds({ what: 'key', keyId }, NOW)).toMatchObject({ jwts: 1 });
    expect(await store.ends.whatEnds({ what: 'account', accountId: 1 }, NOW)).toMatchObject({ jwts: 1 });
  });
});
