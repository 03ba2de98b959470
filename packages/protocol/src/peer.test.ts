import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBlock } from './addresses.ts';
import { findPeer, type Peer, proxyOfUnreadable } from './peer.ts';

const TRUSTED = ['10.0.0.0/8', '192.0.2.7', '2001:db8:1::/48'];

const blocks = (texts: readonly string[]) =>
  texts.map((text) => {
    const block = parseBlock(text);
    if (!block.ok) throw new Error(text);
    return block.value;
  });

interface Wire {
  readonly address: string | null;
  readonly headers: readonly string[];
}

const from = (address: string | null, ...forwarded: readonly string[]): Wire => ({
  address,
  headers: forwarded.flatMap((value) => ['X-Forwarded-For', value]),
});

const peerOf = ({ address, headers }: Wire, trusted: readonly string[] = TRUSTED): Peer =>
  findPeer(address, headers, blocks(trusted));

const addressOf = (wire: Wire, trusted: readonly string[] = TRUSTED): string | null => peerOf(wire, trusted).address;

describe('the client address', () => {
  it('is the socket’s when no proxy is trusted, whatever the headers say', () => {
    expect(addressOf(from('203.0.113.9', '1.1.1.1'), [])).toBe('203.0.113.9');
    expect(addressOf(from('203.0.113.9', '1.1.1.1'))).toBe('203.0.113.9');
  });

  it.each([
    ['one hop', '10.0.0.1', ['198.51.100.4'], '198.51.100.4'],
    ['the right-most hop that is not ours', '10.0.0.1', ['1.1.1.1, 198.51.100.4, 10.2.2.2, 192.0.2.7'], '198.51.100.4'],
    ['repeated headers are one list', '10.0.0.1', ['1.1.1.1', '198.51.100.4, 10.9.9.9'], '198.51.100.4'],
    ['IPv6', '10.0.0.1', ['2001:db8:2::1, 2001:DB8:1::5'], '2001:db8:2::1'],
    ['IPv4 in IPv6 is IPv4', '::ffff:10.0.0.1', ['::ffff:198.51.100.4'], '198.51.100.4'],
    ['all hops are ours: the farthest', '10.0.0.1', ['10.1.1.1, 10.2.2.2'], '10.1.1.1'],
    ['no header: the proxy itself', '10.0.0.1', [], '10.0.0.1'],
  ])('behind a trusted proxy: %s', (_name, socket, forwarded, expected) => {
    expect(addressOf(from(socket, ...forwarded))).toBe(expected);
  });

  it.each([
    ['203.0.113.7:51234', '203.0.113.7'],
    ['[2001:db8:2::1]:443', '2001:db8:2::1'],
    ['"[2001:db8:2::1]"', '2001:db8:2::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234, [2001:db8:1::5]:80, 10.2.2.2:8080', '203.0.113.7'],
  ])('is read in each spelling that proxies have: %s', (hops, expected) => {
    expect(addressOf(from('10.0.0.1', `1.1.1.1, ${hops}`))).toBe(expected);
  });

  it.each(['unknown', '', ' ', '_hidden', '010.0.0.1', '0x7f.1', '10.1', '::1.2.3.4', '198.51.100.4/32'])(
    'is nobody’s when the nearest hop is no address, and tells which proxy sent it: %j',
    (hop) => {
      const address = addressOf(from('10.0.0.1', `198.51.100.4, ${hop}`));
      expect(address).toBe('unreadable behind 10.0.0.1');
      expect(proxyOfUnreadable(address ?? '')).toBe('10.0.0.1');
      // The proxy that sent it is the last of ours on the way, whatever is to the left.
      expect(addressOf(from('10.0.0.1', `9.9.9.9, ${hop}, 10.7.7.7`))).toBe('unreadable behind 10.7.7.7');
    },
  );

  it('is never said to be unreadable by a client', () => {
    for (const text of ['unreadable behind 10.0.0.1', 'unreadable behind 10.0.0.1, 198.51.100.4']) {
      expect(addressOf(from('203.0.113.9', text))).toBe('203.0.113.9');
      expect(addressOf(from('10.0.0.1', text))).toMatch(/^(198\.51\.100\.4|unreadable behind 10\.0\.0\.1)$/);
    }
    for (const text of ['203.0.113.9', 'unreadable behind ', 'unreadable behind x', ''])
      expect(proxyOfUnreadable(text)).toBeNull();
  });

  it('is the same from a runtime that adds a port, brackets or a zone to the direct peer', () => {
    for (const [address, expected] of [
      ['203.0.113.9:4711', '203.0.113.9'],
      ['[2001:db8::1]:4711', '2001:db8::1'],
      ['fe80::1%lo', 'fe80::1'],
      ['::FFFF:203.0.113.9', '203.0.113.9'],
    ] as const)
      expect(addressOf(from(address), [])).toBe(expected);
    expect(peerOf(from('10.0.0.1:4711', '198.51.100.4'))).toMatchObject({ address: '198.51.100.4', isTrustedProxy: true });
    expect(peerOf(from('[::1]:4711'), []).isLoopback).toBe(true);
  });

  it('is null when the socket has gone', () => {
    expect(peerOf(from(null), [])).toEqual({ address: null, isTrustedProxy: false, isLoopback: false });
  });

  it('is never moved by what stands left of the right-most strange hop', () => {
    const hop = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constantFrom('10.0.0.1', 'unknown', ''));
    fc.assert(
      fc.property(fc.array(hop), fc.array(fc.constantFrom('10.1.2.3', '192.0.2.7', '2001:db8:1::9')), (left, ours) => {
        const value = [...left, '203.0.113.77', ...ours].join(', ');
        expect(addressOf(from('10.0.0.1', value))).toBe('203.0.113.77');
      }),
    );
  });
});

describe('the wire to the direct peer', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('is loopback from %s', (address) => {
    expect(peerOf(from(address), []).isLoopback).toBe(true);
  });

  it.each(['10.0.0.1', '::ffff:10.0.0.1', '169.254.1.1', 'fe80::1%lo', '2001:db8::1'])('is not loopback from %s', (address) => {
    expect(peerOf(from(address), []).isLoopback).toBe(false);
  });

  it('is a trusted proxy’s only when the socket says so, never because a header does', () => {
    expect(peerOf(from('203.0.113.9', '10.0.0.1')).isTrustedProxy).toBe(false);
    expect(peerOf(from('::ffff:10.3.3.3')).isTrustedProxy).toBe(true);
  });
});
