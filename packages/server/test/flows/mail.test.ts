/** Real mail: over SMTP to a real server, read back with a real parser. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Secret, TOTP } from 'otpauth';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeTotpSecret, stepOf } from '../../src/core/factors/codes.ts';
import { MasterSecret } from '../../src/core/lib/master-secret.ts';
import { createCompose, type Recipient } from '../../src/core/mail/compose.ts';
import { type DeliverPorts, deliverMails, nextTry } from '../../src/core/mail/deliver.ts';
import type { Facts } from '../../src/core/mail/letters.ts';
import { MAIL_KINDS, type MailDraft } from '../../src/core/mail/mail.ts';
import { rotateMasterSecret } from '../../src/core/signing-keys/master-secret.ts';
import { hashTicket, makeTicketText } from '../../src/core/users/ticket.ts';
import { openSmtp } from '../../src/mail/smtp.ts';
import { eachDatabase, type TestDatabase } from '../databases.ts';

const SECRET = new MasterSecret('a master secret for the tests, long enough');
const TICKET = 'a-ticket-of-43-characters-that-opens-a-door';
const URL_ = 'https://keys.example.com';
const AT = Date.parse('2026-11-23T10:30:00Z');
const where = { atMs: AT, address: '203.0.113.7', device: 'Firefox 140 on Windows' };
const credential = { kind: 'key', name: 'Billing', accountId: 7, account: 'Acme', doneBy: 'Ada', ...where } as const;

/** One of each kind, with realistic facts. */
const FACTS: { readonly [Kind in keyof Facts]: Facts[Kind] } = {
  'verify-email': { link: `${URL_}/verify-email#${TICKET}` },
  'new-email': { link: `${URL_}/new-email#${TICKET}` },
  'email-changed': { email: 'new@example.com', done: false, ...where },
  'reset-password': { link: `${URL_}/reset#${TICKET}` },
  'password-changed': where,
  'new-sign-in': where,
  'factor-changed': { what: 'passkey-added', name: 'Laptop', ...where },
  'credential-made': credential,
  'narrowing-undone': credential,
  'credential-rotated': { ...credential, kind: 'token', account: null },
  invitation: { link: `${URL_}/invitation#${TICKET}`, team: 'Acme', role: 'admin', invitedBy: 'Ada', endsAtMs: AT },
  reminder: {
    nowMs: AT,
    more: 0,
    reminders: [{ why: 'expires', kind: 'key', name: 'Billing', account: 'Acme', atMs: AT + 3 * 86_400_000 }],
  },
  'account-suspended': { account: 'Acme', reason: 'An invoice is open.', ...where },
  'account-resumed': { account: null, ...where },
  'account-deleted': { account: 'Acme', ...where },
  'user-deleted': where,
  'application-connected': {
    ...{ application: 'Invoices', owner: 'Acme', account: 'Engines', permissions: ['invoices.read'], isWidened: false },
    ...where,
  },
  'session-reuse': { application: 'Invoices', ...where },
  test: {},
};

eachDatabase('mail', (make) => {
  let database: TestDatabase;
  let store: Awaited<ReturnType<TestDatabase['open']>>;
  let nowMs = AT;
  const clock = { now: () => nowMs };
  const logged: string[] = [];
  const note = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const compose = createCompose({ secret: SECRET, clock, branding: () => ({ name: 'Acme Keys', accent: '#3451b2' }), url: URL_ });

  let inbox: Email[] = [];
  let raw: string[] = [];
  let refuse: string | null = null;
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        if (refuse !== null) return done(new Error(refuse));
        const bytes = Buffer.concat(chunks);
        raw.push(bytes.toString());
        inbox.push(await PostalMime.parse(bytes));
        done();
      });
    },
  });
  let transport: ReturnType<typeof openSmtp>;
  let ports: DeliverPorts;

  beforeAll(async () => {
    database = await make();
    store = await database.open();
    smtp.listen(0, '127.0.0.1');
    await once(smtp.server, 'listening');
    const { port } = smtp.server.address() as AddressInfo;
    transport = openSmtp(`smtp://127.0.0.1:${port}`, 'Acme, Inc. <keys@example.com>');
    ports = {
      mails: store.mails,
      transport,
      secrets: [SECRET],
      clock,
      log: { info: note, warn: note, error: note },
      host: 'keys.example.com',
      stopping: new AbortController().signal,
    };
  });
  afterEach(() => {
    [inbox, raw, refuse] = [[], [], null];
  });
  afterAll(async () => {
    transport.close();
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
    await store.close();
    await database.drop();
  });

  const people = new Map<string, Recipient>();
  /** A user whose address is verified: notices go only to such users. */
  async function verified(email: string): Promise<Recipient> {
    const known = people.get(email);
    if (known !== undefined) return known;
    const event = { event: 'user.created', atMs: nowMs, by: { actor: 'server', requestId: null, person: {} } } as const;
    const user = await store.accounts.createUser({
      user: {
        ...{ email, emailKey: email, passwordHash: 'x', isAdministrator: false, createdAtMs: nowMs },
        ...{ displayName: 'Ada', firstName: '', lastName: '' },
      },
      event,
    });
    if (user === null) throw new Error('The address is taken.');
    const { text, hash } = makeTicketText();
    const ticket = { hash, purpose: 'verify-email', userId: user.id, createdAtMs: nowMs, endsAtMs: nowMs + 60_000 } as const;
    await store.tickets.issueTicket({ ticket: { ...ticket, data: { emailKey: email } }, replace: false, event: null });
    await store.profile.verifyEmail({ userId: user.id, ticketHash: hashTicket(text), nowMs, event });
    people.set(email, { email, userId: user.id });
    return { email, userId: user.id };
  }
  const write = (mail: MailDraft): Promise<void> =>
    store.audit.record({
      events: [{ event: 'mail.tested', atMs: nowMs, by: { actor: 'server', requestId: null, person: {} }, mails: [mail] }],
    });
  const deliver = async (): Promise<void> => {
    for (let round = 0; round < 3; round++) await deliverMails(ports);
  };

  it.each(MAIL_KINDS)('sends %s, the same in text and HTML, and forgets what it said', async (kind) => {
    await write(compose(kind, await verified('ada@example.com'), FACTS[kind] as never));
    await deliver();
    expect(inbox).toHaveLength(1);
    const [mail] = inbox;
    expect(mail?.to).toEqual([{ name: '', address: 'ada@example.com' }]);
    expect(mail?.from).toMatchObject({ name: 'Acme, Inc.', address: 'keys@example.com' });
    expect(mail?.subject).toBeTruthy();
    expect(mail?.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
    const html = (mail?.html ?? '').replace(/<[^>]+>/g, ' ');
    // Every line of the text is in the HTML too.
    const squeeze = (text: string): string =>
      text
        .replace(/&#39;/g, "'")
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&')
        .replace(/\s+/g, ' ');
    for (const line of (mail?.text ?? '').split('\n').filter((text) => text.trim().length > 3 && !text.startsWith('--'))) {
      const parts = line.split(': ').map((part) => part.replace(/:$/, ''));
      for (const part of parts) expect(squeeze(html)).toContain(squeeze(part).trim());
    }
    // Every link is of this server, is in both, and shows where it goes.
    const links = [...(mail?.html ?? '').matchAll(/<a href="([^"]+)"/g)].map(([, link = '']) => link);
    for (const link of links) {
      expect(link.startsWith(`${URL_}/`)).toBe(true);
      expect(mail?.text).toContain(link);
      expect(mail?.html).toContain(`>${link}<`);
    }
    if ('link' in FACTS[kind]) expect(links).toEqual([FACTS[kind].link]);
    else expect(links).toHaveLength(['test', 'user-deleted', 'account-deleted'].includes(kind) ? 0 : 1);
    expect(mail?.messageId).toMatch(/^<[\w-]+@keys\.example\.com>$/);
    expect(mail?.date).toBeTruthy();
    const [newest] = await store.mails.listMails({ limit: 1 });
    expect(newest).toMatchObject({ kind, sentAtMs: nowMs, tries: 1, error: null });
    expect((await store.mails.findMail(newest?.id ?? 0))?.sealedBody).toBeNull();
  });

  it('cannot be made to say what a stranger wants: headers, links, hidden and turned text', async () => {
    const name = 'x\r\nBcc: victim@example.com\r\n\r\n<a href="https://evil.example">click</a>\u202Etxt.exe https://evil.example';
    await write(
      compose('credential-made', await verified('ada@example.com'), { ...credential, name, doneBy: name, account: name }),
    );
    await write(compose('invitation', await verified('ada@example.com'), { ...FACTS.invitation, team: name, invitedBy: name }));
    await deliver();
    expect(inbox).toHaveLength(2);
    for (const [index, mail] of inbox.entries()) {
      expect(mail.bcc ?? []).toEqual([]);
      expect(mail.to).toHaveLength(1);
      expect(mail.html).not.toContain('<a href="https://evil.example"');
      expect(mail.text).not.toContain('https://evil.example');
      expect(mail.text).not.toMatch(/[\u202A-\u202E]/);
      expect(raw[index]?.split('\r\n\r\n', 1)[0]).not.toMatch(/^Bcc:/im);
    }
  });

  it.each([
    ['bare domains', 'Suspended! Go to www.evil.example/login'],
    ['dots that browsers take for one', 'evil。example and evil．example and evil｡example'],
    ['schemes in wide letters', 'https：／／evil.example'],
    ['signs whose low byte is a line break', 'x\u560D\u560ABcc: evil.example'],
    ['lines in other alphabets', 'x\u2028Bcc: evil.example\u0085\u000B\u000Cevil.example'],
    ['marks that end a quotation', 'x” was made. Go to “evil.example'],
    ['letters that nobody sees', 'ev\u200Bil\u2060.\u00ADexample \u3164'],
    ['more than a line holds', '😀'.repeat(500)],
  ])('shows names as names: %s', async (_what, name) => {
    const to = await verified(`${crypto.randomUUID()}@example.com`);
    await write(compose('invitation', to, { ...FACTS.invitation, team: name }));
    await write(compose('credential-made', to, { ...credential, name, account: name }));
    await deliver();
    expect(inbox).toHaveLength(2);
    for (const [index, { subject, text, html, headers }] of inbox.entries()) {
      for (const part of [subject, text, html]) {
        expect(part).not.toMatch(/evil[.。．｡]example/u);
        expect(part).not.toMatch(/[\u{200B}\u{2060}\u{AD}\u{3164}\u{2028}\u{FFFD}\u{D800}-\u{DFFF}]/u);
      }
      expect(text?.match(/[“”]/g) ?? []).toEqual(['“', '”']);
      expect(headers.map(({ key }) => key)).not.toContain('bcc');
      for (const line of raw[index]?.split('\r\n') ?? []) expect(Buffer.byteLength(line)).toBeLessThan(999);
    }
  });

  it('tries again later, longer each time, and gives up after two days', async () => {
    refuse = `451 4.3.0 no room for ${URL_}/reset#${TICKET}`;
    await write(compose('reset-password', await verified('ada@example.com'), FACTS['reset-password']));
    await deliver();
    const [waiting] = await store.mails.listMails({ limit: 1 });
    expect(waiting).toMatchObject({ tries: 1, sentAtMs: null, nextTryAtMs: nowMs + 60_000 });
    // What the mail server repeats is stored without the ticket.
    expect(waiting?.error).toContain('no room');
    expect(`${waiting?.error}${logged.join()}`).not.toContain(TICKET);
    refuse = null;
    await deliver();
    expect(inbox).toHaveLength(0);
    nowMs += 61_000;
    await deliver();
    expect(inbox).toHaveLength(1);
    expect(nextTry({ tries: 30, createdAtMs: AT }, AT)).toBe(AT + 6 * 3_600_000);
    expect(nextTry({ tries: 3, createdAtMs: AT }, AT + 2 * 86_400_000 + 1)).toBeNull();
  });

  it('waits for a mail server that is down', async () => {
    const { port } = smtp.server.address() as AddressInfo;
    await new Promise<void>((resolve) => smtp.server.close(() => resolve()));
    await write(compose('test', await verified('ada@example.com'), {}));
    await deliver();
    const [waiting] = await store.mails.listMails({ limit: 1 });
    expect(waiting).toMatchObject({
      sentAtMs: null,
      nextTryAtMs: nowMs + 60_000,
      error: expect.stringContaining('ECONNREFUSED'),
    });
    smtp.server.listen(port, '127.0.0.1');
    await once(smtp.server, 'listening');
    nowMs += 60_000;
    await deliver();
    expect(inbox).toHaveLength(1);
  });

  it('sends what another server took and did not finish, under the same message id', async () => {
    await write(compose('test', await verified('ada@example.com'), {}));
    // Handed over, and the server ended before it could record that.
    const dies = { ...store.mails, noteMailSent: () => Promise.reject(new Error('killed')) };
    await expect(deliverMails({ ...ports, mails: dies })).rejects.toThrow('killed');
    await deliver();
    expect(inbox).toHaveLength(1);
    nowMs += 5 * 60_000;
    await deliver();
    await deliver();
    expect(inbox).toHaveLength(2);
    expect(inbox[1]?.messageId).toBe(inbox[0]?.messageId);
    expect((await store.mails.listMails({ limit: 1 }))[0]).toMatchObject({ sentAtMs: nowMs, tries: 2 });
  });

  it('finishes the one under way when the server stops, and leaves the rest to others at once', async () => {
    for (let n = 0; n < 3; n++) await write(compose('test', { email: `u${n}@example.com`, userId: null }, {}));
    const stopping = new AbortController();
    const slow = {
      ...transport,
      send: async (mail: Parameters<typeof transport.send>[0]) => {
        stopping.abort();
        await transport.send(mail);
      },
    };
    await deliverMails({ ...ports, transport: slow, stopping: stopping.signal });
    expect(inbox).toHaveLength(1);
    await deliver();
    expect(inbox.map(({ to }) => to?.[0]?.address)).toEqual(['u0@example.com', 'u1@example.com', 'u2@example.com']);
  });

  it('lets nobody who waits for a link wait behind reminders', async () => {
    for (let n = 0; n < 3; n++) await write(compose('reminder', await verified('many@example.com'), FACTS.reminder));
    await write(compose('reset-password', await verified('ada@example.com'), FACTS['reset-password']));
    await deliver();
    expect(inbox.map(({ to }) => to?.[0]?.address)).toEqual(['ada@example.com', ...Array(3).fill('many@example.com')]);
  });

  it('does not send a text to anybody but the one it was written to', async () => {
    const draft = compose('reset-password', await verified('ada@example.com'), FACTS['reset-password']);
    await write({ ...draft, recipient: 'mallory@example.com' });
    await deliver();
    expect(inbox).toHaveLength(0);
    expect((await store.mails.listMails({ limit: 1 }))[0]).toMatchObject({ sentAtMs: null, error: expect.any(String) });
    nowMs += 3 * 86_400_000;
    await deliver();
    expect((await store.mails.listMails({ limit: 1 }))[0]).toMatchObject({ nextTryAtMs: null, sentAtMs: null });
  });

  it('survives a new master secret, as TOTP does', async () => {
    const next = new MasterSecret('the next master secret of the tests, long enough');
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    const user = await store.accounts.createUser({
      user: {
        email: 'totp@example.com',
        emailKey: 'totp@example.com',
        passwordHash: 'hash',
        displayName: 'A',
        firstName: '',
        lastName: '',
        isAdministrator: false,
        createdAtMs: nowMs,
      },
      event: { event: 'user.created', atMs: nowMs, by },
    });
    const userId = user?.id ?? 0;
    const { base32, sealed } = makeTotpSecret(SECRET, userId);
    await store.factors.putTotp({ userId, sealedSecret: sealed, nowMs, by });
    await write(compose('reset-password', await verified('ada@example.com'), FACTS['reset-password']));
    await store.masterSecret.setFirstSecretCheck({ check: SECRET.check });

    expect(await rotateMasterSecret({ ...store, clock }, { from: SECRET, to: next, by })).toMatchObject({ ok: true });
    await deliverMails({ ...ports, secrets: [next] });
    expect(inbox[0]?.text).toContain(TICKET);
    const kept = await store.factors.findTotp(userId);
    const code = new TOTP({ secret: Secret.fromBase32(base32) }).generate({ timestamp: nowMs });
    expect(stepOf([next], userId, kept?.sealedSecret ?? '', code, nowMs)).toBe(Math.floor(nowMs / 30_000));
    expect(() => stepOf([SECRET], userId, kept?.sealedSecret ?? '', code, nowMs)).toThrow();
  });

  it('sends each once, however many servers there are', async () => {
    for (let n = 0; n < 12; n++) await write(compose('test', { email: `u${n}@example.com`, userId: null }, {}));
    const others = await Promise.all([database.open(), database.open()]);
    const servers = [store, ...others].map(({ mails }) => ({ ...ports, mails }));
    for (let round = 0; round < 3; round++) await Promise.all(servers.map((server) => deliverMails(server)));
    for (const other of others) await other.close();
    expect(inbox.map(({ to }) => to?.[0]?.address).sort()).toEqual(
      Array.from({ length: 12 }, (_, n) => `u${n}@example.com`).sort(),
    );
  });

  it('keeps mails for the operator’s page where there is no mail server, and sends one when it is asked to', async () => {
    await write(compose('reset-password', await verified('ada@example.com'), FACTS['reset-password']));
    await deliverMails({ ...ports, transport: null });
    const [kept] = await store.mails.listMails({ limit: 1 });
    expect(kept).toMatchObject({ nextTryAtMs: null, sentAtMs: null, error: null, tries: 0 });
    await deliver();
    expect(inbox).toHaveLength(0);
    expect(await store.mails.retryMail({ id: kept?.id ?? 0, nowMs, by: {} })).toBe(true);
    await deliver();
    expect(inbox).toHaveLength(1);
    expect(await store.mails.retryMail({ id: kept?.id ?? 0, nowMs, by: {} })).toBe(false);
  });

  it('holds no ticket in the clear', async () => {
    await write(compose('reset-password', await verified('ada@example.com'), FACTS['reset-password']));
    const [newest] = await store.mails.listMails({ limit: 1 });
    const body = (await store.mails.findMail(newest?.id ?? 0))?.sealedBody ?? '';
    for (const text of [body, Buffer.from(body.slice(3), 'base64url').toString('latin1')]) expect(text).not.toContain(TICKET);
    await deliver();
  });
});

describe('an SMTP server beyond this machine', () => {
  const letter = { to: 'ada@example.com', subject: 's', text: 't', html: 'h', id: '<1@keys.example.com>' };

  // Both listen here, under another name for this machine.
  async function refuses(options: ConstructorParameters<typeof SMTPServer>[0], reason: RegExp): Promise<void> {
    const taken: string[] = [];
    const server = new SMTPServer({
      ...options,
      authOptional: true,
      onData: (_stream, _session, done) => done(void taken.push('mail')),
    });
    server.on('error', () => undefined);
    server.listen(0, '127.0.0.2');
    await once(server.server, 'listening');
    const { port } = server.server.address() as AddressInfo;
    // Options in the address, which nodemailer would apply, change nothing.
    const transport = openSmtp(`smtp://127.0.0.2:${port}/?requireTLS=false&tls.rejectUnauthorized=false`, 'keys@example.com');
    await expect(transport.send(letter)).rejects.toThrow(reason);
    expect(taken).toEqual([]);
    transport.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  it('gets nothing over an open wire', () => refuses({ disabledCommands: ['STARTTLS'] }, /STARTTLS/));
  it('gets nothing when its certificate is not good', () => refuses({}, /certificate/));
});
