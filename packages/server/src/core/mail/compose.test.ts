import { describe, expect, it } from 'vitest';
import { ISSUER, SECRET } from '../../../test/house.ts';
import { MasterSecret } from '../lib/master-secret.ts';
import { createCompose, openBody } from './compose.ts';

const OTHER = new MasterSecret('another master secret for the tests, long enough');
const TO = { email: 'ada@example.com', userId: 7 };
const FACTS = { link: `${ISSUER}/verify-email#the-ticket` };

const composeWith = (secret = SECRET, name = 'Acme') =>
  createCompose({ secret, clock: { now: () => 5 }, branding: () => ({ name, accent: '#3451b2' }), url: ISSUER });

describe('a composed mail', () => {
  it('has its link in the text and in the HTML, and nowhere in what is stored', () => {
    const mail = composeWith()('verify-email', TO, FACTS);
    expect(mail).toMatchObject({ kind: 'verify-email', recipient: TO.email, userId: 7, createdAtMs: 5 });
    expect(mail.subject).not.toContain('the-ticket');
    expect(JSON.stringify(mail)).not.toContain('the-ticket');
    const body = openBody([SECRET], mail);
    if (!body.ok) throw new Error(body.reason);
    for (const text of [body.value.text, body.value.html]) expect(text).toContain(FACTS.link);
    expect(body.value.text).toContain('Acme');
  });

  it('opens only for the recipient that it was written to, and under our master secret', () => {
    const mail = composeWith()('verify-email', TO, FACTS);
    const refused = { ok: false, reason: 'unopenable' };
    expect(openBody([SECRET], { ...mail, recipient: 'eve@example.com' })).toEqual(refused);
    expect(openBody([OTHER], mail)).toEqual(refused);
    expect(openBody([SECRET], { ...mail, sealedBody: `${mail.sealedBody.slice(0, -4)}AAAA` })).toEqual(refused);
    expect(openBody([OTHER, SECRET], mail).ok).toBe(true);
  });

  it('is counted by its mailbox, whatever is put behind the name, and nobody can tell the mailbox from the count', () => {
    const mailboxOf = (email: string, secret = SECRET) => composeWith(secret)('verify-email', { ...TO, email }, FACTS).mailbox;
    const mailbox = mailboxOf('ada@example.com');
    expect(mailbox).toMatch(/^[0-9a-f]{64}$/);
    for (const same of ['ADA@example.com', 'ada+1@example.com', 'a.da@EXAMPLE.com']) expect(mailboxOf(same), same).toBe(mailbox);
    for (const other of ['eve@example.com', 'ada@example.org']) expect(mailboxOf(other), other).not.toBe(mailbox);
    expect(mailboxOf('ada@example.com', OTHER)).not.toBe(mailbox);
  });

  it('cannot get another header or another line from a name', () => {
    const mail = composeWith(SECRET, 'Acme\r\nBcc: eve@example.com')('verify-email', TO, FACTS);
    expect(mail.subject).not.toMatch(/[\r\n]/);
  });
});
