import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MasterSecret, readMasterSecret } from './master-secret.ts';
import { open, seal } from './seal.ts';

const TEXT = 'correct horse battery staple, thirty-two';
const secret = new MasterSecret(TEXT);
const other = new MasterSecret(`${TEXT}.`);
const bytes = Buffer.from('what is sealed');

describe('the master secret', () => {
  it('is any text of at least 32 bytes, counted in bytes', () => {
    expect(readMasterSecret('x'.repeat(31))).toEqual({ ok: false, reason: 'too_short' });
    expect(readMasterSecret('x'.repeat(32)).ok).toBe(true);
    expect(readMasterSecret('é'.repeat(16)).ok).toBe(true);
  });

  it('never prints itself or what is derived from it', () => {
    const printed = [
      inspect({ secret }, { showHidden: true, depth: 9 }),
      JSON.stringify({ secret }),
      `${secret}`,
      String(secret),
    ];
    for (const text of printed) expect(text).toContain('[secret]');
    const key = secret.sealingKey();
    for (const hidden of [TEXT, key.toString('hex'), key.toString('base64url')]) expect(printed.join()).not.toContain(hidden);
  });

  it('has a check value that tells secrets apart and is no key', () => {
    expect(secret.check).toMatch(/^[0-9a-f]{64}$/);
    expect(new MasterSecret(TEXT).check).toBe(secret.check);
    expect(other.check).not.toBe(secret.check);
    expect(secret.sealingKey().toString('hex')).not.toBe(secret.check);
  });
});

describe('sealing', () => {
  it('gives back what was sealed, whatever it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plaintext, name) => {
        const opened = open([secret], name, seal(secret, name, plaintext));
        expect(opened.ok && Buffer.compare(opened.value, plaintext)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('never seals the same bytes to the same text', () => {
    expect(seal(secret, 'a', bytes)).not.toBe(seal(secret, 'a', bytes));
  });

  it('opens with the previous secret, too', () => {
    expect(open([other, secret], 'a', seal(secret, 'a', bytes)).ok).toBe(true);
  });

  it('refuses another secret and another name', () => {
    const sealed = seal(secret, 'signing-key:a', bytes);
    expect(open([other], 'signing-key:a', sealed)).toEqual({ ok: false, reason: 'refused' });
    expect(open([secret], 'signing-key:b', sealed)).toEqual({ ok: false, reason: 'refused' });
    expect(open([], 'signing-key:a', sealed)).toEqual({ ok: false, reason: 'refused' });
  });

  it('refuses a text of which any one character was changed', () => {
    const sealed = seal(secret, 'a', bytes);
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
      expect(open([secret], 'a', changed).ok).toBe(false);
    }
  });

  it.each(['', 'v1.', 'v1.AAAA', 'v2.AAAA', 'v1.====', 'anything'])('refuses %j, which was never sealed', (text) => {
    expect(open([secret], 'a', text)).toEqual({ ok: false, reason: 'malformed' });
  });
});
