/** Who is at the other end, and whether the wire is one that a credential may travel: as the server judges it. */
import { type AddressBlock, inBlocks, parseAddress } from '@keyhouse/protocol';

export interface Wire {
  /** Of the direct peer; null where the runtime does not tell. */
  readonly address: string | null;
  readonly isEncrypted: boolean;
}

export interface Peer {
  /** The client's; null when nobody usable tells. */
  readonly address: string | null;
  readonly isPrivate: boolean;
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** The right-most hop of `X-Forwarded-For` that is none of our proxies; what stands left of it was written by strangers. */
export function findPeer({ address, isEncrypted }: Wire, headers: readonly string[], trusted: readonly AddressBlock[]): Peer {
  const isTrusted = trusted.length > 0 && isIn(address, trusted);
  if (!isTrusted)
    return {
      address: plain(address),
      isPrivate: isEncrypted || (address !== null && (LOOPBACK.has(address) || isLoopback(address))),
    };
  let client = plain(address);
  for (const hop of forwardedFor(headers).reverse()) {
    const parsed = parseAddress(hop);
    if (parsed === null) return { address: null, isPrivate: true };
    client = parsed.toString();
    if (!inBlocks(parsed, trusted)) break;
  }
  return { address: client, isPrivate: true };
}

function forwardedFor(headers: readonly string[]): string[] {
  const hops: string[] = [];
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index]?.toLowerCase() === 'x-forwarded-for') hops.push(...(headers[index + 1] ?? '').split(','));
  return hops.map((hop) => hop.trim());
}

const isIn = (address: string | null, blocks: readonly AddressBlock[]): boolean => {
  const parsed = address === null ? null : parseAddress(withoutZone(address));
  return parsed !== null && inBlocks(parsed, blocks);
};

const isLoopback = (address: string): boolean => parseAddress(withoutZone(address))?.range() === 'loopback';

const plain = (address: string | null): string | null =>
  address === null ? null : address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : withoutZone(address);

const withoutZone = (address: string): string => (address.includes('%') ? (address.split('%', 1)[0] ?? address) : address);
