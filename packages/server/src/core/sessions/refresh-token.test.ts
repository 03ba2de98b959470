import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { isGenuine, makeRefreshToken, REFRESH_TOKEN_PREFIX, readRefreshToken } from './refresh-token.ts';

const secrets = () => ({ key: createSecretKey(randomBytes(32)), salt: randomBytes(16) });
const PARTS = { sessionId: randomBytes(16).toString('base64url'), counter: 7, keyId: 3 };

it('holds its session, its counter and the name of its key, and is made again the very same', () => {
  const ours = secrets();
  const token = makeRefreshToken(PARTS, ours);
  expect(token).toMatch(/^kh_refresh_[\w-]{80}$/);
  expect(makeRefreshToken(PARTS, ours)).toBe(token);
  const read = readRefreshToken(token);
  expect(read).toEqual({ ...PARTS, bytes: expect.anything() });
  expect(read !== null && isGenuine(read, ours)).toBe(true);
});

it('is not genuine under another key or another salt, nor with any letter changed', () => {
  const ours = secrets();
  const token = makeRefreshToken(PARTS, ours);
  const isOurs = (text: string, by = ours): boolean => {
    const read = readRefreshToken(text);
    return read !== null && isGenuine(read, by);
  };
  expect(isOurs(token, { ...ours, key: secrets().key })).toBe(false);
  expect(isOurs(token, { ...ours, salt: randomBytes(16) })).toBe(false);
  for (let at = REFRESH_TOKEN_PREFIX.length; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    expect(isOurs(changed), `${at}`).toBe(false);
  }
});

it('has one spelling, and is nothing else', () => {
  const token = makeRefreshToken(PARTS, secrets());
  for (const text of ['', token.slice(0, -1), `${token}A`, `${token}=`, token.toUpperCase(), token.replace('kh_refresh_', 'kh_')])
    expect(readRefreshToken(text), text).toBeNull();
  expect(readRefreshToken(makeRefreshToken({ ...PARTS, counter: 0 }, secrets()))).toBeNull();
  expect(readRefreshToken(makeRefreshToken({ ...PARTS, keyId: 0 }, secrets()))).toBeNull();
});

it('counts further than any session is refreshed', () => {
  const counter = 2 ** 48 - 1;
  expect(readRefreshToken(makeRefreshToken({ ...PARTS, counter }, secrets()))).toMatchObject({ counter });
});
