/**
 * The client at the other end. The socket names it, unless the direct peer is a trusted proxy: then it is the right-most hop of
 * `X-Forwarded-For` that is not one of ours. Anything to the left of it may be forged. Other headers with addresses (`Forwarded`,
 * `X-Real-IP`) are not read: a proxy that sets one header often passes on the others as the client sent them.
 */
import { type AddressBlock, inBlocks, parseAddress } from './addresses.ts';
import { parseForwardedAddress } from './forwarded-address.ts';

export interface Peer {
  /**
   * The client's address as text. `unreadable behind <address>` if this trusted proxy sent something that is not an address: no
   * list of addresses allows it, and limits count all such clients of the proxy together. Null if the socket is closed or the
   * runtime does not report it.
   */
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

/** Walks from the right; a hop that cannot be read ends the walk, and the result names the proxy that sent it. */
function forwardedAddress(nearest: string, headers: readonly string[], trusted: readonly AddressBlock[]): string {
  let address = nearest;
  for (const hop of forwardedFor(headers).reverse()) {
    const parsed = parseForwardedAddress(hop);
    if (parsed === null) return UNREADABLE_BEHIND + address;
    address = parsed.toString();
    if (!inBlocks(parsed, trusted)) return address;
  }
  return address;
}

const UNREADABLE_BEHIND = 'unreadable behind ';

/** The address of the trusted proxy that sent something unreadable, if the text says so; null if it is a client's address. */
export function proxyOfUnreadable(text: string): string | null {
  if (!text.startsWith(UNREADABLE_BEHIND)) return null;
  return parseAddress(text.slice(UNREADABLE_BEHIND.length))?.toString() ?? null;
}

function forwardedFor(headers: readonly string[]): string[] {
  const hops: string[] = [];
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index]?.toLowerCase() === 'x-forwarded-for') hops.push(...(headers[index + 1] ?? '').split(','));
  return hops.map((hop) => hop.trim());
}

const isTrusted = (address: string, trusted: readonly AddressBlock[]): boolean => {
  const parsed = parseForwardedAddress(address);
  return parsed !== null && inBlocks(parsed, trusted);
};

const isLoopback = (address: string): boolean => LOOPBACK.has(address) || parseForwardedAddress(address)?.range() === 'loopback';

/** Most are in this form already, and this runs for each request; only runtimes other than Node add a port. */
function plain(address: string): string {
  if (PLAIN.test(address)) return address;
  if (MAPPED.test(address)) return address.slice('::ffff:'.length);
  return parseForwardedAddress(address)?.toString() ?? address;
}

const PLAIN = /^[0-9.]+$/;
const MAPPED = /^::ffff:[0-9.]+$/;
