import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAuthorization } from './authorization.ts';

const read = (value: string) => readAuthorization(['Host', 'a', 'Authorization', value, 'Accept', '*/*']);

test.each([
  ['Bearer 123|kh_abc', { kind: 'bearer', credential: '123|kh_abc' }],
  ['bearer x', { kind: 'bearer', credential: 'x' }],
  ['BEARER   x', { kind: 'bearer', credential: 'x' }],
  ['Basic YTpi', { kind: 'basic', value: 'YTpi' }],
  ['DPoP eyJ.a.b', { kind: 'dpop', credential: 'eyJ.a.b' }],
  ['dpop eyJ.a.b', { kind: 'dpop', credential: 'eyJ.a.b' }],
])('reads %j', (value, expected) => {
  expect(read(value)).toEqual(expected);
});

test.each(['', ' ', 'Bearer', 'Bearer ', 'Bearerx', 'Bearer\tx', 'Bearer x y', 'Bearer x, Bearer y', 'Bearer x ', ' Bearer x'])(
  'calls %j malformed',
  (value) => {
    expect(read(value)).toEqual({ kind: 'malformed' });
  },
);

test.each(['Digest x', 'Negotiate x', 'x', 'Bearer \u00e9', 'Bearer x\u0000', 'Bearer \u00a0x', 'Bearer\u00a0x', 'Bearer x\n'])(
  'calls %j malformed, too: an unknown scheme or a character that no credential has',
  (value) => {
    expect(read(value)).toEqual({ kind: 'malformed' });
  },
);

test('no header is none, whatever other headers and values say', () => {
  expect(readAuthorization([])).toEqual({ kind: 'none' });
  expect(
    readAuthorization(['X-Authorization', 'Bearer x', 'Accept', 'authorization', 'Proxy-Authorization', 'Bearer x']),
  ).toEqual({ kind: 'none' });
});

test('two headers are repeated: in any case of letters, equal, empty, or malformed', () => {
  expect(readAuthorization(['Authorization', 'Bearer x', 'authorization', 'Bearer x'])).toEqual({ kind: 'repeated' });
  expect(readAuthorization(['AUTHORIZATION', '', 'Authorization', 'Bearer x'])).toEqual({ kind: 'repeated' });
  expect(readAuthorization(['authorization', 'Bearer x', 'Host', 'a', 'aUTHORIZATION', ''])).toEqual({ kind: 'repeated' });
});

test('whatever is visible comes through unchanged', () => {
  const visible = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
  });
  fc.assert(
    fc.property(visible, (credential) => void expect(read(`Bearer ${credential}`)).toEqual({ kind: 'bearer', credential })),
  );
});

test('never throws', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' })), (headers) => void readAuthorization(headers)));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => void read(value)));
});
