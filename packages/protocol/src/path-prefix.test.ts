import { expect, test } from 'vitest';
import { prefixLength } from './path-prefix.ts';

test.each([
  ['/invoices', 0],
  ['/api/invoices', 1],
  ['/v1/invoices', 1],
  ['/api/v1/invoices', 2],
  ['/api/0/invoices', 2],
  ['/v2.1/invoices', 1],
  ['/1.1/invoices', 1],
  ['/v1beta2/invoices', 1],
  ['/v1p1beta1/invoices', 1],
  ['/2010-04-01/invoices', 1],
  ['/2024-01/invoices', 1],
  ['/api/api/invoices', 1],
  ['/v1/v2/invoices', 1],
  ['/v1/api/invoices', 1],
  ['/store/v1/orders', 0],
  ['/V1/invoices', 0],
  ['/API/v1/invoices', 0],
  ['/v/invoices', 0],
  ['/v1x/invoices', 0],
  ['/v1.x/invoices', 0],
  ['/1-clicks', 0],
  ['/2fa', 0],
  ['/v1betax/invoices', 0],
  ['/20100401-01/invoices', 0],
  ['/v1', 1],
  ['/api/v1', 2],
  ['/', 0],
])('before the resource of %s stand %i segments', (path, length) => {
  expect(prefixLength(path.split('/').slice(1))).toBe(length);
});
