import { expect, it } from 'vitest';
import { mayAdopt, readDomain, vouchingFor } from './vouching.ts';

it('lets a provider vouch for whole domains of its list alone', () => {
  const list = ['example.com', 'xn--mnchen-3ya.example'];
  expect(vouchingFor(list, 'ada@example.com')).toBe('named');
  expect(vouchingFor(list, 'ada@xn--mnchen-3ya.example')).toBe('named');
  for (const key of ['ada@mail.example.com', 'ada@notexample.com', 'ada@example.com.evil.example', '"@example.com"@evil.example'])
    expect(vouchingFor(list, key), key).toBe('none');
  expect(vouchingFor([], 'ada@example.com')).toBe('none');
  expect(vouchingFor(['*'], 'ada@example.com')).toBe('any');
  expect(vouchingFor(['*', 'example.com'], 'ada@example.com')).toBe('named');
});

it('links an administrator only by a domain that is named', () => {
  const may = (['named', 'any', 'none'] as const).map((vouching) =>
    [false, true].map((isAdministrator) => mayAdopt(vouching, { isAdministrator })),
  );
  expect(may).toEqual([
    [true, true],
    [true, false],
    [false, false],
  ]);
});

it('reads a domain as addresses have it, and nothing else', () => {
  expect(readDomain('Example.COM')).toBe('example.com');
  expect(readDomain('münchen.example')).toBe('xn--mnchen-3ya.example');
  for (const text of [
    '',
    '*',
    '*.example.com',
    'ada@example.com',
    'https://example.com',
    'a b',
    '-a.example',
    'a..b',
    'a_b.example',
  ])
    expect(readDomain(text), text).toBeNull();
});
