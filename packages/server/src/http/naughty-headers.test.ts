/**
 * Naughty strings where a header can carry them: together with a valid credential, as one, and on their way into the database.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../../../protocol/test/vectors.ts';
import { eachDatabase } from '../../test/databases.ts';
import { ask } from '../../test/raw.ts';
import { startTestServer } from '../../test/server.ts';

const FOLDER = 'blns';

eachDatabase('a naughty string in a header', (makeDatabase) => {
  it.skipIf(!haveVectors(FOLDER))(
    `${NEEDS_VECTORS} lets nobody in, keeps nobody out, and is written down without harm`,
    async () => {
      const server = await startTestServer({ database: await makeDatabase() });
      const strings = JSON.parse(readFileSync(join(vectorsFolder, FOLDER, 'blns.json'), 'utf8')) as string[];
      const { token, accountId } = await server.register();
      const key = await server.key(accountId, { addresses: ['192.0.2.1'] });
      try {
        for (const text of strings) {
          // As bytes: what a client sends is UTF-8, and Node reads headers as Latin-1.
          const value = Buffer.from(text)
            .toString('latin1')
            .replace(/[\r\n]/g, ' ');
          const answers = await Promise.all([
            ask(server.port, 'GET /verify/invoices', `User-Agent: ${value}`, `Authorization: Bearer ${token}`),
            ask(server.port, 'GET /verify/invoices', `User-Agent: ${value}`, `Authorization: Bearer ${key.text}`),
            ask(server.port, 'GET /verify/invoices', `Authorization: Bearer ${value}`),
            ask(server.port, 'GET /api/v1/cli/loggedUser', `Authorization: ${value}`),
            ask(
              server.port,
              'GET /verify',
              `X-Forwarded-Uri: /${value}`,
              'X-Forwarded-Method: GET',
              `Authorization: Bearer ${token}`,
            ),
            ask(
              server.port,
              'GET /verify',
              'X-Original-URI: /a',
              `X-Original-Method: ${value}`,
              `Authorization: Bearer ${token}`,
            ),
          ]);
          const statuses = answers.map(({ status }) => status);
          // 400 is the parser's, for control characters.
          const allowed = [
            [200, 400],
            [401, 400],
            [401, 400, 429],
            [401, 400, 429],
            [200, 403, 400],
            [403, 400],
          ];
          for (const [index, status] of statuses.entries())
            expect(allowed[index], `${JSON.stringify(text)}: ${statuses}`).toContain(status);
        }
      } finally {
        await server.stop();
      }
      // Last uses and refusals, user agents and all, were written when the server stopped.
      expect(server.logged.filter((line) => /failed|could not be written/.test(line))).toEqual([]);
    },
  );
});
