import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseForwardedAddress } from './forwarded-address.ts';

const read = (text: string): string | null => parseForwardedAddress(text)?.toString() ?? null;

describe('an address as a proxy writes it', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['203.0.113.7:_port', '203.0.113.7'],
    ['"203.0.113.7:51234"', '203.0.113.7'],
    ['[203.0.113.7]:51234', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:51234', '2001:db8::1'],
    ['"[2001:db8::1]:51234"', '2001:db8::1'],
    ['"[2001:db8::1]"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%25eth0', 'fe80::1'],
    ['[fe80::1%eth0.7]:443', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7:51234', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:51234', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['[::ffff:cb00:7107]:1', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['64:ff9b::203.0.113.7', '64:ff9b::cb00:7107'],
    // A port without brackets: it could be the last part of the address, and is read as such.
    ['2001:db8::1:443', '2001:db8::1:443'],
  ])('%s is %s', (text, expected) => expect(read(text)).toBe(expected));

  it.each([
    ...['', ' ', 'unknown', 'Unknown', '_hidden', '_gateway:80', '-', 'localhost', 'unix:', 'unix:/run/x.sock', 'client.example'],
    ...['010.0.0.1', '0x7f.1', '10.1', '2130706433', '1.2.3.4.5', '1.2.3.256', '1.2.3.4:', '1.2.3.4:999999', '1.2.3.4:a', ':80'],
    ...['1.2.3.4/32', '1.2.3.4 ', '1.2.3.4 5.6.7.8', '1.2.3.4:80:80', '1.2.3.4%eth0', '[]', '[]:80', '[::1', '::1]'],
    ...['::1.2.3.4', '[::1.2.3.4]:80', '2001:db8::1:51234', '1:2:3:4:5:6:7:8:9', '[::1]443', '[::1]:', 'fe80::1%', '[fe80::1%]'],
    ...['"', '""', '"1.2.3.4', '1.2.3.4"', "'1.2.3.4'", 'for=1.2.3.4', '1.2.3.4;proto=https', '1.2.3.4\u0000', '１.2.3.4'],
    `1.2.3.4:_${'a'.repeat(200)}`,
  ])('%j is nobody', (text) => expect(read(text)).toBeNull());

  it('is the same with everything that a proxy adds', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(fc.ipV4(), port, (address, port) => {
        for (const text of [`${address}:${port}`, `"${address}:${port}"`, `::ffff:${address}`, `[::ffff:${address}]:${port}`])
          expect(read(text)).toBe(read(address));
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), port, (address, port) => {
        const plain = read(address);
        // The long-obsolete `::1.2.3.4` is not accepted in any spelling.
        for (const text of [`[${address}]`, `[${address}]:${port}`, `"[${address}]:${port}"`, `${address}%eth0`])
          expect(read(text)).toBe(plain);
      }),
    );
  });

  it('never throws, and what it gives can be read again', () => {
    const pieces = fc.constantFrom('1.2.3.4', '::1', ':', '[', ']', '%', '"', '.', '0', 'f', '::ffff:', '80', '_a', ' ', ',');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          const first = read(text);
          if (first !== null) expect(read(first)).toBe(first);
        },
      ),
    );
  });
});
