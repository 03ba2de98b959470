/** Client, gateway, Keyhouse and API, as a guide would set them up, and the credentials of one customer. */
import { readRoutes } from '../../packages/server/src/core/permissions/set-routes.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../packages/server/test/server.ts';
import { type Api, startApi } from './api.ts';
import { type Gateway, type RunningGateway, startGateway } from './gateway.ts';
import { startTap, type Tap } from './tap.ts';

export interface Scene {
  readonly keyhouse: TestServer;
  readonly api: Api;
  readonly tap: Tap;
  readonly gateway: RunningGateway;
  /** May read invoices, and nothing else. */
  readonly reader: { readonly text: string; readonly id: number };
  readonly accountId: number;
  stop(): Promise<void>;
}

/** Whoever comes may come; all other paths need a permission. */
const PUBLIC_PATTERN = '/status/**';

/** The gateway's own address; clients come from others. */
const TRUSTED = '127.0.0.1/32';

export async function startScene(gateway: Gateway): Promise<Scene> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const keyhouse = await startTestServer({ trustedProxies: [TRUSTED] });
    stops.push(() => keyhouse.stop());
    const api = await startApi();
    stops.push(() => api.stop());
    const tap = await startTap(keyhouse.port);
    stops.push(() => tap.stop());
    const running = await startGateway(gateway, { apiPort: api.port, keyhousePort: tap.port });
    stops.push(() => running.stop());
    const { value: routes } = readRoutes([{ pattern: PUBLIC_PATTERN, public: true }]);
    await keyhouse.keyhouse.permissions.setRoutes({ routes, by: OPERATOR });
    const { accountId } = await keyhouse.register();
    const reader = await keyhouse.key(accountId, { permissions: ['invoices.read'] });
    return { keyhouse, api, tap, gateway: running, reader, accountId, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
