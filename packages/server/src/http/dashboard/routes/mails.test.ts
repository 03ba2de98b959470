import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserWith } from '../../../../test/dashboard-browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { newAdministrator, newPerson, type Person } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';
import type { MailTransport } from '../../../core/mail/mail.ts';

type Sent = Parameters<MailTransport['send']>[0];

eachDatabase('the operator’s outbox', (makeDatabase) => {
  /** Without a mail server. */
  let server: TestServer;
  let root: Person;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    root = await newAdministrator(server);
  });
  afterAll(() => server.stop());

  const forgot = (whom: { email: string }) => browserWith(server, '').ask('/forgot', { body: { email: whom.email } });
  /**
   * The mail that `forgot` wrote, once the job has processed it. It is written after the answer: until then the newest mail to
   * this address is the one of the registration.
   */
  const resetMail = async (to: string, as = root) => {
    const find = async () =>
      (await as.ask('/operator/mails')).json.mails.find(
        (mail: { to: string; kind: string; state: string }) =>
          mail.to === to && mail.kind === 'reset-password' && mail.state !== 'waiting',
      );
    await expect.poll(find).toBeTruthy();
    return await find();
  };

  it('keeps what would have been sent, shows it, and writes down who looked', async () => {
    const ada = await newPerson(server);
    await forgot(ada);
    const mail = await resetMail(ada.email);
    expect(mail).toMatchObject({ kind: 'reset-password', state: 'kept', sent_at: null, tries: 0, error: null });
    const { json } = await root.ask(`/operator/mails/${mail.id}`);
    expect(json.mail).toEqual(mail);
    const [link = ''] = /https:\/\/\S+/.exec(json.text) ?? [];
    expect(link).toMatch(/^https:\/\/keys\.example\.com\/reset#[\w-]{43}$/);
    expect(json.html).toContain(`href="${link}"`);
    const checked = await browserWith(server, '').ask('/reset/check', { body: { ticket: link.split('#')[1] } });
    expect(checked.status).toBe(200);
    const log = await server.store.audit.list({ event: 'mail.read', limit: 5 });
    expect(log[0]).toMatchObject({
      actor: `user:${root.id}`,
      details: JSON.stringify({ mail: mail.id, kind: 'reset-password' }),
    });
    expect(JSON.stringify(log)).not.toContain(link.split('#')[1]);
  });

  it('is listed in pages, and never with a body', async () => {
    for (let n = 0; n < 3; n++) expect((await root.ask('/operator/mails/test', { method: 'POST' })).status).toBe(204);
    const first = (await root.ask('/operator/mails?limit=2')).json;
    expect(first).toMatchObject({ smtp: false, mails: [{ kind: 'test' }, { kind: 'test' }], next: String(first.mails[1].id) });
    const second = (await root.ask(`/operator/mails?limit=2&before=${first.next}`)).json;
    expect(second.mails[0].id).toBeLessThan(first.mails[1].id);
    expect(Object.keys(first.mails[0]).sort()).toEqual(
      ['created_at', 'error', 'id', 'kind', 'sent_at', 'state', 'subject', 'to', 'tries'].sort(),
    );
    expect((await root.ask('/operator/mails/999999')).status).toBe(404);
    expect((await root.ask('/operator/mails/x')).status).toBe(404);
    expect((await root.ask('/operator/mails/999999/retry', { method: 'POST' })).status).toBe(404);
  });

  it('is nobody’s but an administrator’s, and is read with a fresh proof only', async () => {
    const ada = await newPerson(server);
    await forgot(ada);
    const { id } = await resetMail(ada.email);
    for (const [method, path] of [
      ['GET', '/operator/mails'],
      ['GET', `/operator/mails/${id}`],
      ['POST', `/operator/mails/${id}/retry`],
      ['POST', '/operator/mails/test'],
    ] as const) {
      expect([403, 404], path).toContain((await ada.ask(path, { method })).status);
      expect((await browserWith(server, '').ask(path, { method })).status, path).toBe(401);
    }
    const other = await newAdministrator(server);
    server.advance(11 * 60_000);
    const refused = await other.ask(`/operator/mails/${id}`);
    expect(refused.status).toBe(403);
    expect(refused.text).not.toContain('#');
    expect((await other.ask('/operator/mails')).status).toBe(200);
  });

  it('with a mail server, sends what was kept when it is told to, and then has no text any more', async () => {
    const sent: Sent[] = [];
    const transport: MailTransport = { send: async (mail) => void sent.push(mail), close: () => {} };
    const database = await makeDatabase();
    const without = await startTestServer({ database: { ...database, drop: async () => {} } });
    const ada = await newPerson(without);
    await browserWith(without, '').ask('/forgot', { body: { email: ada.email } });
    const before = await newAdministrator(without);
    const { id } = await resetMail(ada.email, before);
    await without.stop();

    const withServer = await startTestServer({ database, transport });
    const admin = await newAdministrator(withServer);
    expect((await admin.ask('/operator/mails')).json.smtp).toBe(true);
    expect((await admin.ask(`/operator/mails/${id}/retry`, { method: 'POST' })).status).toBe(204);
    await expect.poll(() => sent.map(({ to }) => to)).toEqual([ada.email]);
    await expect
      .poll(async () => (await admin.ask(`/operator/mails/${id}`)).json)
      .toMatchObject({ mail: { state: 'sent', tries: 1 }, text: null, html: null });
    expect((await admin.ask(`/operator/mails/${id}/retry`, { method: 'POST' })).status).toBe(422);
    expect(sent).toHaveLength(1);
    await withServer.stop();
  });
});
