import { describe, expect, it } from 'vitest';
import { compileBlocks, containsBlock, inBlocks, isInBlocks, parseAddress, parseBlock } from './addresses.ts';

const block = (text: string) => {
  const parsed = parseBlock(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.value;
};
const isIn = (address: string, ...blocks: string[]): boolean => {
  const parsed = parseAddress(address);
  return parsed !== null && inBlocks(parsed, blocks.map(block));
};

describe('address blocks', () => {
  it('hold exactly the addresses of their prefix', () => {
    expect(isIn('203.0.113.0', '203.0.113.0/24')).toBe(true);
    expect(isIn('203.0.113.255', '203.0.113.0/24')).toBe(true);
    expect(isIn('203.0.114.0', '203.0.113.0/24')).toBe(false);
    expect(isIn('2001:db8::1', '2001:db8::/32')).toBe(true);
    expect(isIn('2001:db9::1', '2001:db8::/32')).toBe(false);
    expect(isIn('198.51.100.7', '198.51.100.7')).toBe(true);
    expect(isIn('198.51.100.8', '198.51.100.7')).toBe(false);
    expect(isIn('8.8.8.8', '0.0.0.0/0')).toBe(true);
  });

  it('see the IPv4 address inside IPv6, and never take one family for the other', () => {
    expect(isIn('::ffff:203.0.113.7', '203.0.113.0/24')).toBe(true);
    expect(isIn('::203.0.113.7', '203.0.113.0/24')).toBe(false);
    expect(isIn('203.0.113.7', '::/0')).toBe(false);
    expect(isIn('::1', '0.0.0.0/0')).toBe(false);
  });

  it('are refused when they could be read in two ways', () => {
    const malformed = [
      '',
      '/',
      '10.1',
      '0x7f.0.0.1',
      '017.0.0.1',
      '1.2.3.4/33',
      '1.2.3.4/-1',
      '1.2.3.4/08',
      '1.2.3.4/24/24',
      '::1%eth0',
      '::/129',
      'example.com',
      ' 1.2.3.4',
      '1.2.3.4 ',
      '::ffff:1.2.3.4/120',
    ];
    for (const text of malformed) expect(parseBlock(text), text).toMatchObject({ ok: false });
    expect(parseBlock('203.0.113.7/24')).toEqual({ ok: false, reason: 'host_bits' });
    expect(parseBlock('2001:db8::1/32')).toEqual({ ok: false, reason: 'host_bits' });
  });

  it('contain only blocks that are narrower', () => {
    expect(containsBlock(block('10.0.0.0/8'), block('10.20.0.0/16'))).toBe(true);
    expect(containsBlock(block('10.0.0.0/8'), block('10.0.0.0/8'))).toBe(true);
    expect(containsBlock(block('10.20.0.0/16'), block('10.0.0.0/8'))).toBe(false);
    expect(containsBlock(block('0.0.0.0/0'), block('::/0'))).toBe(false);
  });
});

describe('a list of blocks', () => {
  const blocks = compileBlocks(['203.0.113.0/24', 'nonsense', '2001:db8::/32', '10.0.0.1/8']);

  it('allows what is in one of them', () => {
    for (const text of ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8::1'])
      expect([text, isInBlocks(text, blocks)]).toEqual([text, true]);
  });

  it('allows nothing by a block that cannot be read, and no address that cannot be read or is not known', () => {
    expect(blocks).toHaveLength(2);
    for (const text of ['10.0.0.1', 'nonsense', '203.0.113.7/32', '', null])
      expect([text, isInBlocks(text, blocks)]).toEqual([text, false]);
  });
});
