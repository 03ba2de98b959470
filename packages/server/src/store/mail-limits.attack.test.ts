/** Whoever writes to a mailbox, and however often, it gets a limited number of mails of each kind. On both databases. */
import { expect, it } from 'vitest';
import { browserFor } from '../../test/dashboard-browser.ts';
import { eachDatabase } from '../../test/databases.ts';
import { linkIn, mailsOf } from '../../test/mails.ts';
import { OPERATOR, startTestServer } from '../../test/server.ts';

eachDatabase('a mailbox', (makeDatabase) => {
  it('gets five confirmations a day, however many registrations name it with a subaddress', async () => {
    const server = await startTestServer({ database: await makeDatabase() });
    const name = crypto.randomUUID();
    const emails = Array.from(
      { length: 25 },
      (_, index) => `${index % 2 === 0 ? name : name.toUpperCase()}+${index}@example.com`,
    );
    for (const email of emails) await server.register(email, { isVerified: false });
    const mails = await Promise.all(emails.map((email) => mailsOf(server, email)));
    expect(mails.flat().length).toBe(5);
    const other = `${crypto.randomUUID()}@example.com`;
    await server.register(other, { isVerified: false });
    expect((await mailsOf(server, other)).length).toBe(1);
    await server.stop();
  });

  it('is one mailbox with dots in other places, which large providers do not read', async () => {
    const server = await startTestServer({ database: await makeDatabase() });
    const name = crypto.randomUUID().replaceAll('-', '').slice(0, 10);
    const emails = Array.from({ length: 9 }, (_, index) => `${name.slice(0, index + 1)}.${name.slice(index + 1)}@example.com`);
    for (const email of emails) await server.register(email, { isVerified: false });
    const mails = await Promise.all(emails.map((email) => mailsOf(server, email)));
    expect(mails.flat().length).toBe(5);
    await server.stop();
  });

  it('that was never verified is not told of the address that somebody moves on to', async () => {
    const server = await startTestServer({ database: await makeDatabase() });
    const stranger = `${crypto.randomUUID()}@example.com`;
    const { id } = await server.register(stranger, { isVerified: false });
    const browser = await browserFor(server, id);
    const moved = `call-0900-555-now-${crypto.randomUUID()}@example.com`;
    expect((await browser.ask('/me/email', { body: { email: moved } })).status).toBe(204);
    const ticket = await linkIn(server, moved, '/new-email#');
    expect((await browser.ask('/me/email/confirm', { body: { ticket } })).status).toBe(200);
    expect((await mailsOf(server, stranger)).map(({ kind }) => kind)).toEqual(['verify-email']);
    // Where the address was verified it is notified: somebody else may have changed it.
    const again = `${crypto.randomUUID()}@example.com`;
    expect((await browser.ask('/me/email', { body: { email: again } })).status).toBe(204);
    const second = await linkIn(server, again, '/new-email#');
    expect((await browser.ask('/me/email/confirm', { body: { ticket: second } })).status).toBe(200);
    expect((await mailsOf(server, moved)).map(({ kind }) => kind)).toEqual(['new-email', 'email-changed', 'email-changed']);
    await server.stop();
  });

  it('gets five confirmations of a hundred that are asked for at once, and the newest of them is good', async () => {
    const server = await startTestServer({ database: await makeDatabase() });
    const { id, email } = await server.register(undefined, { isVerified: false });
    const user = await server.keyhouse.users.find(id);
    if (user === null) throw new Error('gone');
    const sent = await Promise.all(Array.from({ length: 30 }, () => server.keyhouse.users.sendVerification(user, OPERATOR)));
    expect(sent.filter((isSent) => isSent).length).toBe(4);
    const mails = await mailsOf(server, email);
    expect(mails.length).toBe(5);
    const ticket = mails.at(-1)?.text.match(/verify-email#([A-Za-z0-9_-]+)/)?.[1] ?? '';
    expect((await (await browserFor(server, id)).ask('/verify-email', { body: { ticket } })).status).toBe(200);
    await server.stop();
  });

  it('gets no notice while it was never verified, however many names are rotated through, and the record says so', async () => {
    const server = await startTestServer({ database: await makeDatabase() });
    const { email, accountId, id } = await server.register(undefined, { isVerified: false });
    for (let index = 0; index < 12; index++) await server.key(accountId);
    expect((await mailsOf(server, email)).map(({ kind }) => kind)).toEqual(['verify-email']);
    const events = await server.store.audit.list({ userId: id, limit: 100 });
    expect(events.filter(({ event }) => event === 'mail.dropped').length).toBe(12);
    await server.stop();
  });

  it('gets its notices once it was verified, a hundred of a kind a day', async () => {
    const server = await startTestServer({ database: await makeDatabase() });
    const { email, accountId } = await server.register();
    for (let index = 0; index < 103; index++) await server.key(accountId);
    const made = async () => (await mailsOf(server, email)).filter(({ kind }) => kind === 'credential-made').length;
    expect(await made()).toBe(100);
    server.advance(86_400_001);
    await server.key(accountId);
    expect(await made()).toBe(101);
    await server.stop();
  });
});
