import { expect, it } from 'vitest';
import { OPERATOR } from '../../../test/house.ts';
import { asUser } from '../../../test/house-things.ts';
import { circumstancesOf } from './circumstances.ts';

it('says when, from where and with which browser, in words; and that none of it is known of the command line', () => {
  expect(circumstancesOf(asUser({ id: 7 }), 5)).toEqual({ atMs: 5, address: '203.0.113.7', device: 'Firefox 140 on Linux' });
  expect(circumstancesOf(OPERATOR, 5)).toEqual({ atMs: 5, address: null, device: null });
});
