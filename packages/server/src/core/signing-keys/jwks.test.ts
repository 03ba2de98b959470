import { expect, it } from 'vitest';
import { openHouse } from '../../../test/house.ts';
import { publicKeySet } from './jwks.ts';

it('publishes public members alone, the keys that sign first and those that will after them', async () => {
  const house = await openHouse();
  const stored = await house.keyhouse.signingKeys.list();
  const { keys } = publicKeySet(stored);
  expect(keys.map(({ alg }) => alg)).toEqual(['ES256', 'RS256', 'ES256', 'RS256']);
  const members = { ES256: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'], RS256: ['alg', 'e', 'kid', 'kty', 'n', 'use'] };
  for (const key of keys) expect(Object.keys(key).sort()).toEqual(members[key.alg as keyof typeof members]);
  const states = keys.map(({ kid }) => stored.find((key) => key.kid === kid)?.state);
  expect(states).toEqual(['current', 'current', 'next', 'next']);
  expect(publicKeySet(stored, 'RS256').keys.map(({ alg }) => alg)).toEqual(['RS256', 'ES256', 'RS256', 'ES256']);
  expect(house.keyhouse.signingKeys.publicKeySet()).toEqual({ keys });
});

it('rather fails than publishes a key that lacks a member', async () => {
  const house = await openHouse();
  const [key] = await house.keyhouse.signingKeys.list();
  if (key === undefined) throw new Error('There is no key.');
  expect(() => publicKeySet([{ ...key, publicJwk: '{}' }])).toThrow(/lacks its public member/);
});
