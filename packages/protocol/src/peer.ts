/**
 * Who is at the other end. The socket says it, unless the direct peer is a trusted proxy: then the right-most hop of `X-Forwarded-For` that is
 * not one of ours. What stands left of it was written by strangers.
 */
import { type AddressBlock, inBlocks, parseAddress } from './addresses.ts';

export interface Peer {
  /** The client's address as text; null when the socket has gone, the runtime does not tell, or a proxy told nothing usable. */
  readonly address: string | null;
  readonly isTrustedProxy: boolean;
  readonly isLoopback: boolean;
}

/** Both spellings that Node gives a loopback peer on a dual-stack socket, known without parsing. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** `address`: of the direct peer, as the socket has it. `headers`: a flat list of names and values as Node's `rawHeaders`. */
export function findPeer(address: string | null, headers: readonly string[], trusted: readonly AddressBlock[]): Peer {
  if (address === null) return NOBODY;
  const direct = plain(address);
  if (trusted.length > 0 && isTrusted(address, trusted))
    return { address: forwardedAddress(direct, headers, trusted), isTrustedProxy: true, isLoopback: isLoopback(address) };
  return { address: direct, isTrustedProxy: false, isLoopback: isLoopback(address) };
}

const NOBODY: Peer = Object.freeze({ address: null, isTrustedProxy: false, isLoopback: false });

/** Walks from the right; a hop that is no address ends the walk with nothing known. */
function forwardedAddress(nearest: string, headers: readonly string[], trusted: readonly AddressBlock[]): string | null {
  let address = nearest;
  for (const hop of forwardedFor(headers).reverse()) {
    const parsed = parseAddress(hop);
    if (parsed === null) return null;
    address = parsed.toString();
    if (!inBlocks(parsed, trusted)) return address;
  }
  return address;
}

function forwardedFor(headers: readonly string[]): string[] {
  const hops: string[] = [];
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index]?.toLowerCase() === 'x-forwarded-for') hops.push(...(headers[index + 1] ?? '').split(','));
  return hops.map((hop) => hop.trim());
}

const isTrusted = (address: string, trusted: readonly AddressBlock[]): boolean => {
  const parsed = parseAddress(withoutZone(address));
  return parsed !== null && inBlocks(parsed, trusted);
};

const isLoopback = (address: string): boolean =>
  LOOPBACK.has(address) || parseAddress(withoutZone(address))?.range() === 'loopback';

const plain = (address: string): string =>
  address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : withoutZone(address);

const withoutZone = (address: string): string => (address.includes('%') ? (address.split('%', 1)[0] ?? address) : address);
