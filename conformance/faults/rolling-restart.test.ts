import { describe, expect, it } from 'vitest';
import { postgresDatabase } from '../../packages/server/test/databases.ts';
import { postgresUrl } from '../../test/shared-things.ts';
import { HAPROXY, isInstalled, needs } from '../gateways/gateway.ts';
import { restartInTurn } from './rolling-restart.ts';

const name = 'a rolling restart of three servers behind HAProxy';
describe.skipIf(!isInstalled(HAPROXY))(isInstalled(HAPROXY) ? name : `${needs(HAPROXY)} ${name}`, () => {
  it.each(['http', 'tcp'] as const)('fails none of the requests that run meanwhile (mode %s)', async (mode) => {
    const database = await postgresDatabase(await postgresUrl());
    try {
      const { requests, failures } = await restartInTurn(database, { mode, requests: 2000, pauseMs: 60 });
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThanOrEqual(2000);
    } finally {
      await database.drop();
    }
  });
});
