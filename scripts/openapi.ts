/**
 * `npm run openapi`: writes `docs/openapi.json` from the routes of the app itself. A test compares the two, so that the committed
 * document is always the one that a new server answers at `/openapi.json`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createApp } from '../packages/server/src/app.ts';
import { readConfig } from '../packages/server/src/config.ts';
import { Connections } from '../packages/server/src/http/connections.ts';
import { createMetrics } from '../packages/server/src/http/metrics.ts';
import { openKeyhouse } from '../packages/server/src/open.ts';
import { openMemoryLimiter } from '../packages/server/src/store/limiter.ts';

export const OPENAPI_PATH = resolve(import.meta.dirname, '../docs/openapi.json');

/** The document of a server with default settings, as text. */
export async function renderOpenApi(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-openapi-'));
  const config = readConfig({ KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}` });
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const { keyhouse } = await openKeyhouse(config, silent);
  try {
    const app = await createApp({
      ...config,
      keyhouse,
      log: silent,
      metrics: createMetrics(),
      connections: new Connections(),
      unknownLimiter: openMemoryLimiter(),
      dashboardFolder: null,
    });
    await app.ready();
    const document = app.swagger();
    await app.close();
    return `${JSON.stringify(document, null, 2)}\n`;
  } finally {
    await keyhouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) writeFileSync(OPENAPI_PATH, await renderOpenApi());
