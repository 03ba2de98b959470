/**
 * Google's and C2SP's Wycheproof vectors through the guard's own code: a set of keys is read, each key is imported, and
 * signatures are verified with the result, on both platforms. A vector that is labelled `acceptable` must be judged the same on
 * both, and is refused: it is an RSA signature whose padding is written in a way that no signer of ours writes.
 */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCompactJws } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../../../protocol/test/vectors.ts';
import { readKeySet, type SignatureKey } from '../../src/jwk.ts';
import * as onNode from '../../src/platform/node.ts';
import * as onWeb from '../../src/platform/web.ts';

interface Vector {
  readonly tcId: number;
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

const PLATFORMS = Object.entries({ node: onNode, web: onWeb });

const groupsOf = (file: string): readonly Group[] =>
  JSON.parse(readFileSync(join(vectorsFolder, 'wycheproof', file), 'utf8')).testGroups;

describe.skipIf(!haveVectors('wycheproof')).each(PLATFORMS)(`${NEEDS_VECTORS} Wycheproof on %s`, (_name, { importKey }) => {
  /** As `jwks.ts` does it: the set is read as a whole, then each key is imported. */
  async function keysOf(set: unknown): Promise<readonly SignatureKey[]> {
    const keys = await Promise.all((readKeySet(set) ?? []).map((jwk) => importKey(jwk)));
    return keys.filter((key) => key !== null);
  }

  it.each([
    ['ecdsa_secp256r1_sha256_p1363_test.json', 'ES256', 262],
    ['rsa_signature_2048_sha256_test.json', 'RS256', 259],
  ])('judges every raw signature of %s right', async (file, alg, count) => {
    const misjudged: number[] = [];
    let judged = 0;
    for (const { tests, publicKeyDer = '' } of groupsOf(file)) {
      const jwk = createPublicKey({ key: Buffer.from(publicKeyDer, 'hex'), format: 'der', type: 'spki' }).export({
        format: 'jwk',
      });
      const [key, ...more] = await keysOf({ keys: [{ ...jwk, kid: 'wycheproof', alg, use: 'sig' }] });
      expect(more).toEqual([]);
      for (const { tcId, msg = '', sig = '', result } of tests) {
        judged += 1;
        if (key === undefined) {
          misjudged.push(tcId);
          continue;
        }
        // Messages are bytes and the guard's are ASCII; `latin1` is both.
        const message = Buffer.from(msg, 'hex');
        const isAscii = message.every((byte) => byte < 128);
        const isGood = await key.verify(message.toString('latin1'), Buffer.from(sig, 'hex'));
        if (isAscii ? isGood !== (result === 'valid') : isGood && result !== 'valid') misjudged.push(tcId);
      }
    }
    expect(judged).toBe(count);
    expect(misjudged).toEqual([]);
  });

  /** Signing input and signature as a JWT has them: the key is chosen by `kid`, the algorithm is the key's own. */
  async function accepts(jwk: unknown, text: string): Promise<boolean> {
    const isSet = typeof jwk === 'object' && jwk !== null && 'keys' in jwk;
    const keys = await keysOf(isSet ? jwk : { keys: [jwk] });
    const jws = readCompactJws(text);
    const key = keys.find(({ kid }) => kid === jws?.header.kid);
    return jws !== null && key !== undefined && key.alg === jws.header.alg && (await key.verify(jws.signingInput, jws.signature));
  }

  it.each([
    ['json_web_signature_test.json', 5],
    ['json_web_crypto_test.json', 1],
    ['json_web_key_test.json', 1],
  ])('takes nothing of %s that is invalid', async (file, atLeast) => {
    const accepted: Vector[] = [];
    for (const group of groupsOf(file))
      for (const test of group.tests)
        for (const jwk of [group.public, group.private])
          if (await accepts(jwk, typeof test.jws === 'string' ? test.jws : JSON.stringify(test.jws ?? ''))) accepted.push(test);
    expect(accepted.filter(({ result }) => result !== 'valid').map(({ tcId }) => tcId)).toEqual([]);
    expect(accepted.length).toBeGreaterThanOrEqual(atLeast);
  });
});
