/**
 * An address as proxies write it in `X-Forwarded-For`. That header has no standard, so each product has its own spelling: Azure
 * adds the port, others write brackets, a zone or the quotation marks of `Forwarded` (RFC 7239 §6). Only spellings that have one
 * meaning are read.
 */
import { type Address, parseAddress } from './addresses.ts';

/**
 * After the address: a port, or an obfuscated one (RFC 7239 §6.3). Within brackets or after IPv6: a zone, the name of a network
 * interface (RFC 4007 §11), which means something only on the machine that wrote it.
 */
const SPELLINGS: readonly RegExp[] = [
  /^(\d+\.\d+\.\d+\.\d+):(?:\d{1,5}|_[\w.-]+)$/,
  /^\[([0-9A-Fa-f:.]+)(?:%[\w.~-]+)?\](?::(?:\d{1,5}|_[\w.-]+))?$/,
  // Without brackets only a dotted end shows where the address stops: `2001:db8::1:443` is an address itself.
  /^([0-9A-Fa-f:]{2,40}:\d+\.\d+\.\d+\.\d+):(?:\d{1,5}|_[\w.-]+)$/,
  /^([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)%[\w.~-]+$/,
];

/** An address of 45 characters with a zone, a port and quotation marks; a longer text is not an address. */
const MAX_LENGTH = 128;

/** Null for `unknown`, for a hidden one (`_gateway`), and for everything that is not exactly one address. Never throws. */
export function parseForwardedAddress(text: string): Address | null {
  const plain = parseAddress(text);
  if (plain !== null || text.length > MAX_LENGTH) return plain;
  const bare = text.length > 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  for (const spelling of SPELLINGS) {
    const found = spelling.exec(bare)?.[1];
    if (found !== undefined) return parseAddress(found);
  }
  return bare === text ? null : parseAddress(bare);
}
