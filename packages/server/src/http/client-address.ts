/** Who is at the other end of a request of Node's. */
import type { IncomingMessage } from 'node:http';
import { type AddressBlock, findPeer, type Peer, proxyOfUnreadable } from '@keyhouse/protocol';

/** Over HTTP there is always a place to count what goes wrong, also when the socket has gone: only the command line has none. */
export interface HttpPeer extends Peer {
  readonly address: string;
}

export type FindPeer = (request: IncomingMessage) => HttpPeer;

/** So many proxies are told of; more of them would be the addresses of a network, and the log is no list of these. */
const MOST_TOLD = 100;

/** `onUnreadable` is called once for each trusted proxy that sends what is not an address: all of its clients share their limits then. */
export function peerFinder(trustedProxies: readonly AddressBlock[], onUnreadable: (proxy: string) => void = () => {}): FindPeer {
  const told = new Set<string>();
  return ({ socket, rawHeaders }) => {
    const peer = findPeer(socket.remoteAddress ?? null, rawHeaders, trustedProxies);
    const proxy = peer.isTrustedProxy && peer.address !== null ? proxyOfUnreadable(peer.address) : null;
    if (proxy !== null && told.size < MOST_TOLD && !told.has(proxy)) {
      told.add(proxy);
      onUnreadable(proxy);
    }
    return { ...peer, address: peer.address ?? 'unknown' };
  };
}
