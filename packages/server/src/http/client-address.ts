/** Who is at the other end of a request of Node's. */
import type { IncomingMessage } from 'node:http';
import { type AddressBlock, findPeer, type Peer } from '@keyhouse/protocol';

export type FindPeer = (request: IncomingMessage) => Peer;

export const peerFinder =
  (trustedProxies: readonly AddressBlock[]): FindPeer =>
  ({ socket, rawHeaders }) =>
    findPeer(socket.remoteAddress ?? null, rawHeaders, trustedProxies);
