/**
 * Internet addresses and blocks of them, parsed with ipaddr.js. An IPv4 address inside IPv6 (`::ffff:1.2.3.4`) is the IPv4
 * address.
 */
import ipaddr from 'ipaddr.js';
import { no, type Outcome, ok } from './outcome.ts';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type AddressBlock = readonly [Address, number];

/** `203.0.113.0/24`, `2001:db8::/32` or a single address. Host bits must be zero: a block with other host bits is a mistake. */
export function parseBlock(text: string): Outcome<AddressBlock, 'malformed' | 'host_bits'> {
  const [addressText = '', prefixText, more] = text.split('/');
  if (more !== undefined || !isPlainAddress(addressText)) return no('malformed');
  const address = ipaddr.process(addressText);
  const bits = address.kind() === 'ipv4' ? 32 : 128;
  if (prefixText === undefined) return ok([address, bits]);
  if (!/^(0|[1-9]\d{0,2})$/.test(prefixText) || ipaddr.parse(addressText).kind() !== address.kind()) return no('malformed');
  const prefix = Number(prefixText);
  if (prefix > bits) return no('malformed');
  return hasHostBits(address, prefix) ? no('host_bits') : ok([address, prefix]);
}

/** Null for text that is not an address. */
export const parseAddress = (text: string): Address | null => (isPlainAddress(text) ? ipaddr.process(text) : null);

export const inBlocks = (address: Address, blocks: readonly AddressBlock[]): boolean =>
  blocks.some(([block, prefix]) => address.kind() === block.kind() && matches(address, block, prefix));

/** The blocks of a list of addresses. One that cannot be read allows nothing. */
export const compileBlocks = (texts: readonly string[]): readonly AddressBlock[] =>
  texts.flatMap((text) => {
    const block = parseBlock(text);
    return block.ok ? [block.value] : [];
  });

/** The same for an address as text. What is not an address, or is not known (null), is in no block. */
export function isInBlocks(text: string | null, blocks: readonly AddressBlock[]): boolean {
  const address = text === null ? null : parseAddress(text);
  return address !== null && inBlocks(address, blocks);
}

/** Whether every address of `inner` is in `outer`. */
export const containsBlock = (outer: AddressBlock, inner: AddressBlock): boolean =>
  outer[0].kind() === inner[0].kind() && inner[1] >= outer[1] && matches(inner[0], outer[0], outer[1]);

/**
 * Dotted quads and IPv6 only: ipaddr.js would also read `10.1` and `0x7f.1`, which are never intended, and takes the
 * long-obsolete `::1.2.3.4` for 1.2.3.4. Zones are local to a machine.
 */
const isPlainAddress = (text: string): boolean => {
  if (text.length > 45) return false;
  if (!text.includes(':')) return ipaddr.IPv4.isValidFourPartDecimal(text);
  const dots = text.lastIndexOf(':') + 1;
  // The end may be written as IPv4 (RFC 4291 §2.2), as in `::ffff:1.2.3.4` and `64:ff9b::1.2.3.4`.
  const isDotted = text.includes('.') && dots > 2 && ipaddr.IPv4.isValidFourPartDecimal(text.slice(dots));
  return ipaddr.IPv6.isValid(text) && /^[0-9a-f:]+$/i.test(isDotted ? text.slice(0, dots) : text);
};

const matches = (address: Address, block: Address, prefix: number): boolean =>
  address instanceof ipaddr.IPv4 && block instanceof ipaddr.IPv4
    ? address.match(block, prefix)
    : address instanceof ipaddr.IPv6 && block instanceof ipaddr.IPv6 && address.match(block, prefix);

const hasHostBits = (address: Address, prefix: number): boolean => {
  const bytes = address.toByteArray();
  return bytes.some((byte, index) => {
    const networkBits = Math.min(Math.max(prefix - index * 8, 0), 8);
    return (byte & (0xff >> networkBits)) !== 0;
  });
};
