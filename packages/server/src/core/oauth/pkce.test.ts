import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { isChallenge, provesChallenge } from './pkce.ts';

/** RFC 7636, appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

it('takes the verifier that the challenge was made of, and no other', () => {
  expect(provesChallenge(VERIFIER, CHALLENGE)).toBe(true);
  expect(provesChallenge(`${VERIFIER.slice(0, -1)}l`, CHALLENGE)).toBe(false);
  expect(provesChallenge(CHALLENGE, CHALLENGE)).toBe(false);
});

it('takes a verifier of 43 to 128 unreserved characters alone', () => {
  expect(provesChallenge(VERIFIER.slice(0, 42), CHALLENGE)).toBe(false);
  const challengeOf = (text: string) => createHash('sha256').update(text).digest('base64url');
  expect([42, 43, 128, 129].map((length) => 'a'.repeat(length)).map((text) => provesChallenge(text, challengeOf(text)))).toEqual([
    ...[false, true, true, false],
  ]);
  expect(provesChallenge(`${VERIFIER} `, CHALLENGE)).toBe(false);
  expect(provesChallenge('', CHALLENGE)).toBe(false);
});

it('knows a challenge by its form: 43 characters of base64url', () => {
  expect(isChallenge(CHALLENGE)).toBe(true);
  for (const wrong of [CHALLENGE.slice(1), `${CHALLENGE}A`, `${CHALLENGE.slice(1)}=`, `${CHALLENGE}\n`, ''])
    expect(isChallenge(wrong), wrong).toBe(false);
});
