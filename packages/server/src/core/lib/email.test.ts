import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailKey, localPart, readEmail } from './email.ts';

describe('an e-mail address', () => {
  it.each([
    'ann@example.com',
    'Ann.Lee+tag@Example.COM',
    "o'neil@example.co.uk",
    'a@b.c',
    'root@localhost',
    'jörg@müller.example',
    '用户@例子.广告',
    `${'x'.repeat(64)}@example.com`,
  ])('is accepted and kept as it was typed: %s', (text) => {
    expect(readEmail(text)?.email).toBe(text);
  });

  it.each([
    '',
    'ann',
    'ann@',
    '@example.com',
    'ann@@example.com',
    'a@b@c.com',
    'ann lee@example.com',
    ' ann@example.com',
    'ann@example.com ',
    'ann@example.com\n',
    'an\0n@example.com',
    '.ann@example.com',
    'ann.@example.com',
    'a..b@example.com',
    'ann@example..com',
    'ann@.example.com',
    'ann@example.com.',
    'ann@-example.com',
    'ann@127.0.0.1',
    'ann@[127.0.0.1]',
    'ann@example.com,eve@example.com',
    '<ann@example.com>',
    '"ann"@example.com',
    'ann@exam_ple.com',
    'ann@example.com%0a',
    '\ud800@example.com',
    'a\u200bnn@example.com',
    'a\u202enn@example.com',
    'ann\ufe0f@example.com',
    `${'x'.repeat(65)}@example.com`,
    `ann@${'x.'.repeat(130)}com`,
    `ann@${'x'.repeat(64)}.com`,
  ])('is refused, and has nobody’s key: %j', (text) => {
    expect(readEmail(text)).toBeNull();
    expect(emailKey(text)).toBe('');
  });

  it('gives a display name: what stands before the @', () => {
    expect(localPart('Ann.Lee@example.com')).toBe('Ann.Lee');
  });

  it('never throws, and its key has itself as key', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(part, part, (local, domain) => {
        const key = emailKey(`${local}@${domain}`);
        if (key !== '') expect(emailKey(key)).toBe(key);
      }),
      { numRuns: 2000 },
    );
  });

  it('is one mailbox in any case and in any canonical form', () => {
    expect(emailKey('ANN@EXAMPLE.COM')).toBe(emailKey('ann@example.com'));
    expect(emailKey('Jo\u0308rg@MÜLLER.example')).toBe(emailKey('jörg@müller.example'));
    expect(emailKey('ann@müller.example')).toBe(emailKey('ann@xn--mller-kva.example'));
  });
});
