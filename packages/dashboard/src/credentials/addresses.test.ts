import { expect, test } from 'vitest';
import { addAddress, readAddresses } from './addresses.ts';

test('addresses are read one a line, and forgiven commas, blanks and doubles', () => {
  expect(readAddresses(' 203.0.113.7\r\n\n2001:db8::/32, 10.0.0.0/8 203.0.113.7\n')).toEqual([
    '203.0.113.7',
    '2001:db8::/32',
    '10.0.0.0/8',
  ]);
  expect(readAddresses(' \n')).toEqual([]);
});

test('my address is added once', () => {
  expect(addAddress('10.0.0.0/8', '203.0.113.7')).toBe('10.0.0.0/8\n203.0.113.7');
  expect(addAddress('203.0.113.7', '203.0.113.7')).toBe('203.0.113.7');
});
