import { describe, expect, it } from 'vitest';
import { SECRET } from '../../../test/house.ts';
import { MasterSecret } from '../lib/master-secret.ts';
import { seal } from '../lib/seal.ts';
import { hashRecoveryCode, makeRecoveryCodes, makeTotpSecret, stepOf, totpSealName, totpUri } from './codes.ts';

const USER = 7;

describe('TOTP', () => {
  /** RFC 6238, appendix B: the key of its SHA-1 vectors; their last six digits. */
  const sealed = seal(SECRET, totpSealName(USER), Buffer.from('12345678901234567890'));
  const step = (code: string, atSeconds: number) => stepOf([SECRET], USER, sealed, code, atSeconds * 1000);

  it('gives the codes of the standard', () => {
    const vectors = [
      [59, '287082'],
      [1_111_111_109, '081804'],
      [1_111_111_111, '050471'],
      [1_234_567_890, '005924'],
      [2_000_000_000, '279037'],
      [20_000_000_000, '353130'],
    ] as const;
    for (const [atSeconds, code] of vectors) expect(step(code, atSeconds), code).toBe(Math.floor(atSeconds / 30));
    expect(step('287083', 59)).toBeNull();
  });

  it('accepts one step on each side, and says which step it was, so that none works twice', () => {
    // The code of step 1, which lasts from 30 to 59.
    expect([0, 29, 30, 59, 60, 89].map((atSeconds) => step('287082', atSeconds))).toEqual([1, 1, 1, 1, 1, 1]);
    expect([90, 120].map((atSeconds) => step('287082', atSeconds))).toEqual([null, null]);
  });

  it('has a secret of 160 bits that only its own user’s row opens', () => {
    const { base32, sealed: own } = makeTotpSecret(SECRET, USER);
    expect(base32).toMatch(/^[A-Z2-7]{32}$/);
    expect(makeTotpSecret(SECRET, USER).base32).not.toBe(base32);
    expect(own).not.toContain(base32);
    expect(() => stepOf([SECRET], USER + 1, own, '000000', 0)).toThrow('cannot be opened');
    const other = new MasterSecret('another master secret for the tests, long enough');
    expect(() => stepOf([other], USER, own, '000000', 0)).toThrow('cannot be opened');
    expect(() => stepOf([other, SECRET], USER, own, '000000', 0)).not.toThrow();
  });

  it('is read by an authenticator app with the name of the operator and of the user', () => {
    const uri = new URL(totpUri('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'Acme & Sons', 'ada@example.com'));
    expect(`${uri.protocol}//${uri.host}`).toBe('otpauth://totp');
    expect(decodeURIComponent(uri.pathname)).toBe('/Acme & Sons:ada@example.com');
    expect(Object.fromEntries(uri.searchParams)).toMatchObject({
      ...{ secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', issuer: 'Acme & Sons', digits: '6', period: '30' },
    });
  });
});

describe('recovery codes', () => {
  it('are ten, of letters that nobody mistakes for one another', () => {
    const codes = makeRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    expect(Array.from({ length: 20 }, makeRecoveryCodes).flat().join('')).not.toMatch(/[il01o]/);
  });

  it('are the same however they are typed, and others for another user', () => {
    const hash = hashRecoveryCode(USER, 'abcd-efgh-jkmn-pqrs');
    for (const typed of ['ABCD-EFGH-JKMN-PQRS', 'abcdefghjkmnpqrs', ' abcd efgh jkmn pqrs. '])
      expect(hashRecoveryCode(USER, typed)).toBe(hash);
    expect(hashRecoveryCode(USER, 'abcd-efgh-jkmn-pqrt')).not.toBe(hash);
    expect(hashRecoveryCode(8, 'abcd-efgh-jkmn-pqrs')).not.toBe(hash);
    // "1" and "2…" are not the same two as "12" and "…".
    expect(hashRecoveryCode(1, '2abc')).not.toBe(hashRecoveryCode(12, 'abc'));
  });
});
