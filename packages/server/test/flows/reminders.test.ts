import { describe, expect, it } from 'vitest';
import { mailsTo } from '../mails.ts';
import { startTestServer, type TestServer } from '../server.ts';
import { type Visitor, visitorFor } from '../visitor.ts';

const DAY_MS = 86_400_000;
const remindersTo = (server: TestServer, email: string) => mailsTo(server, email).filter(({ kind }) => kind === 'reminder');

describe('reminders', () => {
  /** A new server each, because they move the clock by years. */
  async function open(): Promise<{ server: TestServer; visitor: Visitor; email: string; nextDay(days?: number): Promise<void> }> {
    const server = await startTestServer();
    const { id, email } = await server.register();
    const visitor = await visitorFor(server, id);
    const nextDay = async (days = 1): Promise<void> => {
      server.advance(days * DAY_MS);
      await server.keyhouse.remindPeople();
    };
    return { server, visitor, email, nextDay };
  }
  const make = (server: TestServer, visitor: Visitor, name: string, endsInDays: number | null) =>
    visitor.ask('/tokens', {
      body: {
        name,
        expires_at: endsInDays === null ? null : new Date(server.now() + endsInDays * DAY_MS).toISOString(),
        permissions: null,
        addresses: null,
      },
    });

  it('tell of an end 14, 3 and 1 days before, once each, and of all in one mail', async () => {
    const { server, visitor, email, nextDay } = await open();
    await make(server, visitor, 'Billing', 20);
    await make(server, visitor, 'Reports', 20);
    await nextDay(5);
    expect(remindersTo(server, email)).toHaveLength(0);
    await nextDay(2);
    expect(remindersTo(server, email).map(({ subject }) => subject)).toEqual(['2 credentials want a look (Keyhouse)']);
    expect(remindersTo(server, email)[0]?.text).toMatch(/“Billing” ends in 13 days.*“Reports” ends in 13 days/s);
    for (let day = 0; day < 13; day++) await nextDay();
    expect(remindersTo(server, email)).toHaveLength(3);
    await nextDay(30);
    expect(remindersTo(server, email)).toHaveLength(3);
    await server.stop();
  });

  it('tell of secrets that are not used and of old ones; a rotation makes them fresh, a revocation ends them', async () => {
    const { server, visitor, email, nextDay } = await open();
    const { json } = await make(server, visitor, 'Cron', null);
    await nextDay(89);
    expect(remindersTo(server, email)).toHaveLength(0);
    await nextDay(2);
    expect(remindersTo(server, email).map(({ subject }) => subject)).toEqual(['Token “Cron” is not used (Keyhouse)']);
    await nextDay(280);
    expect(remindersTo(server, email).at(-1)?.subject).toBe('Token “Cron” has an old secret (Keyhouse)');
    await nextDay();
    expect(remindersTo(server, email)).toHaveLength(2);
    await server.keyhouse.revoke({ kind: 'token', id: json.credential.id }, { actor: 'operator', requestId: null, person: {} });
    await nextDay(400);
    expect(remindersTo(server, email)).toHaveLength(2);
    await server.stop();
  });

  it('say nothing to whoever was shut out, and nothing of tokens that end by themselves', async () => {
    const { server, visitor, email, nextDay } = await open();
    const { id } = (await visitor.ask('/me')).json.user;
    await make(server, visitor, 'Billing', 10);
    await server.keyhouse.disableUser({ userId: id, by: { actor: 'operator', requestId: null, person: {} } });
    await nextDay();
    expect(remindersTo(server, email)).toHaveLength(0);
    await server.keyhouse.enableUser({ userId: id, by: { actor: 'operator', requestId: null, person: {} } });
    await nextDay(400);
    // The token of the registration is unused and old too, but has ended.
    expect(remindersTo(server, email)).toHaveLength(0);
    await server.stop();
  });
});
