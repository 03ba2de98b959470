/**
 * Who is at the other end. The socket says it, unless the direct peer is a trusted proxy: then the right-most hop of
 * `X-Forwarded-For` that is not one of ours. What stands left of it was written by strangers.
 */
import type { IncomingMessage } from 'node:http';
import { type AddressBlock, inBlocks, parseAddress } from '@keyhouse/protocol';

export interface Peer {
  /** The client's address as text, or null when the socket has gone or a proxy told nothing usable. */
  readonly address: string | null;
  readonly isTrustedProxy: boolean;
  readonly isLoopback: boolean;
}

export type FindPeer = (request: IncomingMessage) => Peer;

/** Both spellings that Node gives a loopback peer on a dual-stack socket, known without parsing. */
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

export function peerFinder(trustedProxies: readonly AddressBlock[]): FindPeer {
  return (request) => {
    const socketAddress = request.socket.remoteAddress ?? null;
    const peer: Peer = {
      address: socketAddress === null ? null : plain(socketAddress),
      isTrustedProxy: false,
      isLoopback: socketAddress !== null && (LOOPBACK.has(socketAddress) || isLoopback(socketAddress)),
    };
    if (trustedProxies.length === 0 || !isTrusted(socketAddress, trustedProxies)) return peer;
    return { ...peer, isTrustedProxy: true, address: forwardedAddress(request, trustedProxies, peer.address) };
  };
}

/** Walks from the right; a hop that is no address ends the walk with nothing known. */
function forwardedAddress(request: IncomingMessage, trusted: readonly AddressBlock[], nearest: string | null): string | null {
  const hops = forwardedFor(request.rawHeaders);
  let address = nearest;
  for (const hop of hops.reverse()) {
    const parsed = parseAddress(hop);
    if (parsed === null) return null;
    address = parsed.toString();
    if (!inBlocks(parsed, trusted)) return address;
  }
  return address;
}

function forwardedFor(rawHeaders: readonly string[]): string[] {
  const hops: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'x-forwarded-for') hops.push(...(rawHeaders[index + 1] ?? '').split(','));
  }
  return hops.map((hop) => hop.trim());
}

const isTrusted = (address: string | null, trusted: readonly AddressBlock[]): boolean => {
  const parsed = address === null ? null : parseAddress(withoutZone(address));
  return parsed !== null && inBlocks(parsed, trusted);
};

const isLoopback = (address: string): boolean => parseAddress(withoutZone(address))?.range() === 'loopback';

const plain = (address: string): string =>
  address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : withoutZone(address);

const withoutZone = (address: string): string => address.split('%', 1)[0] ?? address;
