import { describe, expect, it } from 'vitest';
import type { RefusedCredential } from '../caller.ts';
import { detailsOf, showable, showablePath } from './decision.ts';

describe('the path of a refused request', () => {
  it('is kept without its query, and without whatever in it looks like a credential', () => {
    expect(showablePath('/invoices/7?token=secret#x')).toBe('/invoices/7');
    expect(showablePath('/share/kh_live_abc/x')).toBe('/share/[secret]/x');
    expect(showablePath('/share/12%7Cabcdef')).toBe('/share/[secret]');
    expect(showablePath('/jwt/eyJhbGciOi')).toBe('/jwt/[secret]');
    expect(showablePath(`/x/${'a'.repeat(40)}`)).toBe('/x/[secret]');
    expect(showablePath(`/x/${'a'.repeat(39)}`)).toBe(`/x/${'a'.repeat(39)}`);
    expect(showablePath('/%E0%A4%A/%6bh_live_x')).toBe('/%E0%A4%A/[secret]');
  });

  it('is at most two hundred letters long, and steers no terminal', () => {
    expect(showablePath(`/${'a/'.repeat(200)}`)).toHaveLength(200);
    expect(showable('a\u001b[31mb\u202Ec\u0000', 50)).toBe('a?[31mb?c?');
    expect(showable('😀😀😀', 2)).toBe('😀😀');
    expect(showable('\uD800', 5)).toBe('?');
  });
});

describe('what a refusal was judged by', () => {
  const refused: RefusedCredential = {
    ...{ kind: 'key', credentialId: 1, accountId: 2, userId: null, permissions: ['a.read'], expiresAtMs: 5 },
    ...{ addresses: null, environment: 'live' },
  };

  it('says what was wanted, what was held and who judged, and nothing of what was presented', () => {
    expect(detailsOf({ method: 'GET', wanted: ['b.read'], lacking: 'b.read', guardKeyId: null }, refused)).toEqual({
      ...{ kind: 'key', lacking: 'b.read', wanted: ['b.read'], held: ['a.read'], expiresAtMs: 5, allowed: null },
      ...{ environment: 'live', method: 'GET', judgedBy: 'server' },
    });
    expect(detailsOf({ method: null, shape: 'foreign', guardKeyId: 9 }, null)).toEqual({
      ...{ shape: 'foreign', judgedBy: 'guard', guardKey: 9 },
    });
  });

  it('keeps a hundred names of a list', () => {
    const names = Array.from({ length: 101 }, (_, nth) => `p${nth}.read`);
    const details = detailsOf({ method: null, wanted: names, guardKeyId: null }, { ...refused, permissions: names });
    expect([details.wanted, details.held]).toEqual([names.slice(0, 100), names.slice(0, 100)]);
  });
});
