import { expect, it } from 'vitest';
import { mailboxOf } from './mailbox.ts';

it('knows all spellings of one mailbox', () => {
  const spellings = ['ada@example.com', 'Ada@Example.COM', 'a.d.a@example.com', 'ada+news@example.com', 'A.da+x+y@example.com'];
  expect(new Set(spellings.map(mailboxOf))).toEqual(new Set(['ada@example.com']));
  expect(mailboxOf('ada@münchen.example')).toBe(mailboxOf('ada@xn--mnchen-3ya.example'));
});

it('keeps mailboxes apart that differ in name or domain', () => {
  expect(mailboxOf('ada@mail.example.com')).not.toBe(mailboxOf('ada@example.com'));
  expect(mailboxOf('+ada@example.com')).toBe('+ada@example.com');
  expect(mailboxOf('adam@example.com')).not.toBe(mailboxOf('ada@example.com'));
});
