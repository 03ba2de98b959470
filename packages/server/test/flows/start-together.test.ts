/** Several servers that start at once on an empty database, and a start that fails while another server runs. */
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from '../../../../conformance/free-port.ts';
import { eachDatabase, type TestDatabase } from '../databases.ts';
import { startProgram } from '../program.ts';

const ADMIN = { KEYHOUSE_ADMIN_EMAIL: 'admin@example.com', KEYHOUSE_ADMIN_PASSWORD: 'an administrator has a long one' };
const SECRET = 'a master secret that is long enough for a test';
const SERVERS = 4;

const settingsOf = ({ kind, url }: TestDatabase): Readonly<Record<string, string>> => ({
  KEYHOUSE_DATABASE_URL: url,
  // On SQLite the secret is created too.
  ...(kind === 'postgres' ? { KEYHOUSE_SECRET: SECRET } : {}),
});
const setupLinksIn = (output: string): readonly string[] =>
  [...output.matchAll(/\/setup#([\w-]+) within/g)].map(([, ticket = '']) => ticket);

eachDatabase('servers that start at once', (makeDatabase) => {
  it('all start, and one creates the administrator of the settings', async () => {
    for (let round = 0; round < 2; round++) {
      const database = await makeDatabase();
      const settings = { ...settingsOf(database), ...ADMIN };
      const started = await Promise.allSettled(Array.from({ length: SERVERS }, () => startProgram(settings)));
      const programs = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      try {
        expect(started.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []))).toEqual([]);
        const outputs = programs.map((program) => program.output());
        expect(outputs.filter((output) => output.includes('The first administrator was created'))).toHaveLength(1);
        // No server logs a warning.
        expect(outputs.flatMap((output) => output.split('\n').filter((line) => /"level":[456]0/.test(line)))).toEqual([]);
        for (const { origin } of programs) expect((await fetch(`${origin}/readyz`)).status).toBe(200);
        const keySets = await Promise.all(
          programs.map(async ({ origin }) => await (await fetch(`${origin}/.well-known/jwks.json`)).json()),
        );
        for (const keySet of keySets) expect(keySet).toEqual(keySets[0]);
        const store = await database.open();
        expect(await store.accounts.countAdministrators()).toBe(1);
        expect(await store.signingKeys.listSigningKeys()).toHaveLength(4);
      } finally {
        for (const program of programs) await program.kill();
      }
    }
  });

  it('each show a setup link that works, also beside a start that fails, and the first that is used ends the others', async () => {
    const database = await makeDatabase();
    const settings = settingsOf(database);
    const programs = await Promise.all(Array.from({ length: 2 }, () => startProgram(settings)));
    const taken = await freePort();
    const holder = createServer().listen(taken, '127.0.0.1');
    try {
      const failed = startProgram({ ...settings, KEYHOUSE_PORT: String(taken) });
      await expect(failed).rejects.toThrow('is used by another program');
      await expect(failed).rejects.not.toThrow('/setup#');
      const links = programs.flatMap((program) => setupLinksIn(program.output()));
      expect(links).toHaveLength(2);
      const post = async (path: string, body: object): Promise<number> => {
        const origin = 'http://localhost:4141';
        const answer = await fetch(`${programs[0]?.origin}/dashboard/api${path}`, {
          method: 'POST',
          headers: { origin, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return answer.status;
      };
      for (const ticket of links) expect(await post('/setup/check', { ticket })).toBe(204);
      const person = { email: 'root@example.com', password: 'an administrator has a long one' };
      expect(await post('/setup', { ticket: links[1], ...person })).toBe(200);
      for (const ticket of links) {
        expect(await post('/setup/check', { ticket })).toBe(422);
        expect(await post('/setup', { ticket, ...person, email: 'other@example.com' })).toBe(422);
      }
    } finally {
      holder.close();
      for (const program of programs) await program.kill();
    }
  });
});
