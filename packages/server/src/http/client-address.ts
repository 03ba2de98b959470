/** The client at the other end of one of Node's requests. */
import type { IncomingMessage } from 'node:http';
import { type AddressBlock, findPeer, type Peer, proxyOfUnreadable } from '@keyhouse/protocol';

/** Over HTTP there is always an address to count failures by, even if the socket is closed; only the command line has none. */
export interface HttpPeer extends Peer {
  readonly address: string;
}

export type FindPeer = (request: IncomingMessage) => HttpPeer;

/** How many proxies are reported: with a whole network of trusted proxies the log would only list its addresses. */
const MAX_REPORTED = 100;

/**
 * `onUnreadable` is called once for each trusted proxy that sends something that is not an address: all such clients share their
 * limits.
 */
export function peerFinder(trustedProxies: readonly AddressBlock[], onUnreadable: (proxy: string) => void = () => {}): FindPeer {
  const reported = new Set<string>();
  return ({ socket, rawHeaders }) => {
    const peer = findPeer(socket.remoteAddress ?? null, rawHeaders, trustedProxies);
    const proxy = peer.isTrustedProxy && peer.address !== null ? proxyOfUnreadable(peer.address) : null;
    if (proxy !== null && reported.size < MAX_REPORTED && !reported.has(proxy)) {
      reported.add(proxy);
      onUnreadable(proxy);
    }
    return { ...peer, address: peer.address ?? 'unknown' };
  };
}
