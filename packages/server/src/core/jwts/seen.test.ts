import type { VerifiedJwt } from '@keyhouse/protocol';
import { JWS_MAX_LENGTH } from '@keyhouse/protocol';
import { expect, it } from 'vitest';
import { createSeenJwts } from './seen.ts';

const jwt = (jti: string) => ({ claims: { jti } }) as VerifiedJwt;

it('remembers the very text that was verified, and nothing that only has its signature', () => {
  const seen = createSeenJwts();
  const one = jwt('one');
  seen.remember('h.p.sig', one);
  expect(seen.find('h.p.sig')).toBe(one);
  expect(seen.find('h.q.sig')).toBeUndefined();
  expect(seen.find('x.p.sig')).toBeUndefined();
  expect(seen.find('h.p.sig ')).toBeUndefined();
});

it('forgets what was not asked for the longest, within the room that it has', () => {
  const seen = createSeenJwts(3 * (512 + 5));
  for (const name of ['a', 'b', 'c']) seen.remember(`h.p.${name}`, jwt(name));
  expect(seen.find('h.p.a')?.claims.jti).toBe('a');
  seen.remember('h.p.d', jwt('d'));
  expect(['a', 'b', 'c', 'd'].map((name) => seen.find(`h.p.${name}`)?.claims.jti)).toEqual(['a', undefined, 'c', 'd']);
});

it('does not look for what is too long to be a JWT', () => {
  const seen = createSeenJwts();
  const long = `${'a'.repeat(JWS_MAX_LENGTH)}.sig`;
  seen.remember(long, jwt('long'));
  expect(seen.find(long)).toBeUndefined();
});
