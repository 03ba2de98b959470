/** Keyhouse, asked as in a row of the bench; `inspected` is what lets the profiler in. */
import { startKeyhouseTokens } from '../flows/servers.ts';
import type { Subject } from '../measure.ts';
import { mainSize, sustained } from '../options.ts';
import { checkSubject, FEW } from '../parts/cached.ts';
import { clientCredentialsSubject } from '../parts/client-credentials.ts';
import { INTROSPECTED_KEYS, introspectionSubject } from '../parts/introspection.ts';
import { MINTING_KEYS, mintSubject } from '../parts/mint.ts';
import { refreshSubject } from '../parts/refresh.ts';
import { startKeyhouse } from '../servers.ts';

export const ROWS: Readonly<Record<string, (inspected: Record<string, string>) => Promise<Subject>>> = {
  cached: async (inspected) =>
    checkSubject('cached', await startKeyhouse('cached', 'key', mainSize, inspected), { kind: 'key', rows: FEW }),
  'row-read': async (inspected) =>
    checkSubject(
      'row-read',
      await startKeyhouse('row-read', 'key', mainSize, inspected),
      { kind: 'key', rows: mainSize },
      sustained,
    ),
  mint: async (inspected) => mintSubject('mint', await startKeyhouse('mint', 'key', MINTING_KEYS, inspected)),
  refresh: async (inspected) => refreshSubject(await startKeyhouseTokens('refresh', inspected)),
  'client-credentials': async (inspected) => clientCredentialsSubject(await startKeyhouseTokens('client-credentials', inspected)),
  introspection: async (inspected) => {
    const server = await startKeyhouse('introspection', 'key', INTROSPECTED_KEYS, inspected);
    return introspectionSubject('introspection', server, server.operatorKey);
  },
};
