import { describe, expect, it } from 'vitest';
import { postgresDatabase } from '../../packages/server/test/databases.ts';
import { postgresUrl } from '../../test/shared-things.ts';
import { HAPROXY, isInstalled, needs } from '../gateways/gateway.ts';
import { restartInTurn } from './rolling-restart.ts';

const name = 'a rolling restart of three servers behind HAProxy';
describe.skipIf(!isInstalled(HAPROXY))(isInstalled(HAPROXY) ? name : `${needs(HAPROXY)} ${name}`, () => {
  it('fails none of the requests that run meanwhile, whether HAProxy passes on requests or connections', async () => {
    const database = await postgresDatabase(await postgresUrl());
    try {
      const { requests, failures } = await restartInTurn(database, { requests: 500, pauseMs: 60, drainSeconds: 2 });
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThanOrEqual(2 * 500);
    } finally {
      await database.drop();
    }
  });
});
