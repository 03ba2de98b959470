/** Who is at the other end of a request of Node's. */
import type { IncomingMessage } from 'node:http';
import { type AddressBlock, findPeer, type Peer } from '@keyhouse/protocol';

/** Over HTTP there is always a place to count what goes wrong, also when the socket has gone: only the command line has none. */
export interface HttpPeer extends Peer {
  readonly address: string;
}

export type FindPeer = (request: IncomingMessage) => HttpPeer;

export const peerFinder =
  (trustedProxies: readonly AddressBlock[]): FindPeer =>
  ({ socket, rawHeaders }) => {
    const peer = findPeer(socket.remoteAddress ?? null, rawHeaders, trustedProxies);
    return { ...peer, address: peer.address ?? 'unknown' };
  };
