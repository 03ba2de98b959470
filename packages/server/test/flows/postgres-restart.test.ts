/** PostgreSQL stops and starts again while a server is working. */
import { expect, it } from 'vitest';
import { postgresDatabase } from '../databases.ts';
import { startOwnPostgres } from '../postgres.ts';
import { startTestServer } from '../server.ts';

it('serves errors while PostgreSQL is away, never an open door, and goes on by itself when it is back', async () => {
  const postgres = await startOwnPostgres();
  const server = await startTestServer({ database: await postgresDatabase(postgres.url) });
  try {
    const user = await server.register();
    const [kept, ended] = [await server.key(user.accountId), await server.key(user.accountId)];
    const mint = (bearer: string) => server.request('/auth', { bearer, body: { permissions: ['invoices.read'] } });
    const jwt = (await mint(kept.text)).json.token as string;
    const verify = async (bearer: string) => (await server.request('/verify/api/invoices', { bearer })).status;
    const revoke = (text: string) =>
      server.request('/auth/revoke', {
        body: `token=${encodeURIComponent(text)}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    expect((await revoke(ended.text)).status).toBe(200);

    // A load runs all the time: whatever happens, the process keeps running, and nobody is let in who should not be.
    let isOver = false;
    const seen = { good: new Set<number>(), bad: new Set<number>() };
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        seen.good.add((await mint(kept.text)).status);
        seen.bad.add(await verify(ended.text));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    await postgres.pause();
    // For this long what was read last may still be trusted.
    await new Promise((resolve) => setTimeout(resolve, 1700));
    expect((await mint(kept.text)).status).toBe(503);
    expect((await server.request('/readyz')).status).toBe(503);
    expect((await server.request('/healthz')).status).toBe(200);
    for (const text of [kept.text, jwt, user.token, ended.text]) expect(await verify(text)).toBe(503);
    await postgres.resume();
    await expect.poll(() => verify(jwt)).toBe(200);
    expect(await verify(kept.text)).toBe(200);
    await expect.poll(async () => (await mint(kept.text)).status).toBe(200);
    isOver = true;
    await Promise.all(load);

    expect(await verify(ended.text)).toBe(401);
    expect([...seen.good].sort()).toEqual([200, 503]);
    expect(seen.bad.has(200)).toBe(false);
    expect((await revoke(jwt)).status).toBe(200);
    expect(await verify(jwt)).toBe(401);
    // Its last attempt may be a second old.
    await expect.poll(async () => (await server.request('/readyz')).status).toBe(200);
    // A fault of the database is not logged as one of ours.
    expect(server.logged.filter((line) => line.startsWith('A request failed.'))).toEqual([]);
  } finally {
    await server.stop().catch(() => {});
    await postgres.stop();
  }
});
