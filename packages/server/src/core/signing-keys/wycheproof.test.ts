/**
 * Google's and C2SP's Wycheproof vectors, run through our own verifier. Eight of the 401 JWS vectors carry a label that RFC 7515
 * and RFC 7517 contradict; each is listed with its reason, and the reason itself is tested.
 */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { isObject } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { haveVectors, NEEDS_VECTORS, readVectors } from '../../../../protocol/test/vectors.ts';
import { type Algorithm, verifySignature } from './algorithms.ts';
import { importVerificationJwk, importVerificationKeySet } from './jwk.ts';
import { verifyJws } from './jws.ts';

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly jws?: unknown;
  readonly msg?: string;
  readonly sig?: string;
}
interface Group {
  readonly tests: readonly Vector[];
  readonly private?: unknown;
  readonly public?: unknown;
  readonly publicKeyDer?: string;
}

const groupsOf = (file: string): readonly Group[] => JSON.parse(readVectors(`wycheproof/${file}`)).testGroups;
const textOf = ({ jws }: Vector): string => (typeof jws === 'string' ? jws : JSON.stringify(jws));

/** What Keyhouse would do: accept the key or the set of keys for verifying, then verify. */
const accepts = (jwk: unknown, text: string): boolean => {
  const isSet = isObject(jwk) && 'keys' in jwk;
  const set = importVerificationKeySet(isSet ? jwk : { keys: [jwk] });
  return set.ok && verifyJws(text, (kid) => set.value.get(kid)).ok;
};

/** The ids that we judge differently from their labels; `acceptable` may go either way. */
const misjudged = (groups: readonly Group[], judge: (group: Group, test: Vector) => boolean): number[] =>
  groups.flatMap((group) =>
    group.tests
      .filter((test) => test.result !== 'acceptable' && judge(group, test) !== (test.result === 'valid'))
      .map(({ tcId }) => tcId),
  );

const isPresent = haveVectors('wycheproof');

describe.skipIf(!isPresent)(`${NEEDS_VECTORS} Wycheproof`, () => {
  const judgeJws = (group: Group, test: Vector): boolean => accepts(group.public ?? group.private, textOf(test));
  const jws = isPresent ? groupsOf('json_web_signature_test.json') : [];
  const find = (id: number): { jwk: unknown; text: string; label: string } => {
    const group = jws.find(({ tests }) => tests.some(({ tcId }) => tcId === id));
    const test = group?.tests.find(({ tcId }) => tcId === id);
    if (group === undefined || test === undefined) throw new Error(`There is no vector ${id}.`);
    return { jwk: group.public ?? group.private, text: textOf(test), label: test.result };
  };

  // Labelled invalid, but the same text under the same key is labelled valid as 357: the bad padding was lost on the way.
  const SAME_AS_A_VALID_ONE = [367, 370];
  // Labelled valid, with a question mark inside a base64url part, which RFC 7515 §2 does not allow.
  const FOREIGN_CHARACTER = [372, 373];
  // Labelled valid, under a JWK whose `alg` is another (RFC 7517 §4.4) or does not exist; the figures of RFC 7520 have no `alg`
  // there.
  const OTHER_ALG_IN_KEY: Readonly<Record<number, Algorithm>> = { 346: 'PS384', 347: 'ES512', 350: 'PS384', 351: 'ES512' };

  it('judges all 401 JWS vectors right', () => {
    expect(jws.flatMap(({ tests }) => tests)).toHaveLength(401);
    const wrongLabels = [...SAME_AS_A_VALID_ONE, ...FOREIGN_CHARACTER, ...Object.keys(OTHER_ALG_IN_KEY).map(Number)];
    expect(misjudged(jws, judgeJws).sort()).toEqual(wrongLabels.sort());
  });

  it.each(SAME_AS_A_VALID_ONE)('vector %i is, character by character, the valid vector 357', (id) => {
    expect(find(id)).toEqual({ ...find(357), label: 'invalid' });
  });

  it.each(FOREIGN_CHARACTER)('vector %i holds a character outside base64url', (id) => {
    expect(find(id).text).toMatch(/[^A-Za-z0-9_.-]/);
  });

  it.each(Object.entries(OTHER_ALG_IN_KEY))('vector %s is accepted under a key that names its algorithm', (id, alg) => {
    const { jwk, text } = find(Number(id));
    expect(accepts({ ...Object(jwk), alg }, text)).toBe(true);
  });

  it('takes only keys and sets that are fit for verifying', () => {
    expect(misjudged(groupsOf('json_web_key_test.json'), judgeJws)).toEqual([]);
  });

  it('judges the signatures among the JSON web crypto vectors right', () => {
    const groups = groupsOf('json_web_crypto_test.json').map((group) => ({
      ...group,
      tests: group.tests.filter((test) => 'jws' in test),
    }));
    expect(groups.flatMap(({ tests }) => tests)).toHaveLength(49);
    expect(misjudged(groups, judgeJws)).toEqual([]);
  });

  const judgeRaw =
    (algorithm: Algorithm) =>
    ({ publicKeyDer = '' }: Group, { msg = '', sig = '' }: Vector): boolean => {
      const key: KeyObject = createPublicKey({ key: Buffer.from(publicKeyDer, 'hex'), format: 'der', type: 'spki' });
      return verifySignature({ kid: '', algorithm, key }, Buffer.from(msg, 'hex'), Buffer.from(sig, 'hex'));
    };

  it.each([
    ['ecdsa_secp256r1_sha256_p1363_test.json', 'ES256', 262],
    ['rsa_signature_2048_sha256_test.json', 'RS256', 259],
    ['rsa_pss_2048_sha256_mgf1_32_test.json', 'PS256', 108],
  ] as const)('judges every raw signature of %s right', (file, algorithm, count) => {
    const groups = groupsOf(file);
    expect(groups.flatMap(({ tests }) => tests)).toHaveLength(count);
    expect(misjudged(groups, judgeRaw(algorithm))).toEqual([]);
  });

  it('refuses a key without a kid or an alg', () => {
    const { jwk } = find(18);
    expect(importVerificationJwk({ ...Object(jwk), kid: undefined }).ok).toBe(false);
    expect(importVerificationJwk({ ...Object(jwk), alg: undefined }).ok).toBe(false);
  });
});
