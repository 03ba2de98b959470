/**
 * Applications that asked lately: looked up for each token and each authorization request, and hardly ever changed. Notified of
 * every change, on this server and on others; an entry is trusted as long as the list of changes is.
 */

import { isClientId } from '@keyhouse/protocol';
import type { ApplicationsStore } from '../applications/application.ts';
import { Lru } from '../lib/lru.ts';
import type { ChangeFollower } from '../revocations/follower.ts';
import type { Client } from './checks.ts';

const MAX_ENTRIES = 5_000;

export function cacheClients(
  { findClient }: Pick<ApplicationsStore, 'findClient'>,
  follower: ChangeFollower,
): ApplicationsStore['findClient'] {
  const clients = new Lru<string, Client>({ max: MAX_ENTRIES });
  follower.listen({
    onChange: ({ kind, id }) => {
      if (kind === 'application') clients.delete(id);
      // It was deleted, or its user disabled or enabled: what a disabled user owns does nothing.
      if (kind === 'account') clients.clear();
    },
    onReset: () => clients.clear(),
  });
  return async (clientId) => {
    // A stranger may write anything there: what is not a client ID is not looked up.
    if (!isClientId(clientId)) return null;
    await follower.whenFresh();
    const known = clients.get(clientId);
    if (known !== undefined) return known;
    const heardBefore = follower.heard;
    const found = await findClient(clientId);
    if (found !== null && follower.heard === heardBefore) clients.set(clientId, found);
    return found;
  };
}
