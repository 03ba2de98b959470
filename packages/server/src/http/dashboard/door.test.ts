import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFor, browserWith } from '../../../test/dashboard-browser.ts';
import { startTestServer, type TestServer } from '../../../test/server.ts';

describe('the door of the private API', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('knows a browser by its cookie', async () => {
    const { id, email } = await server.register();
    const browser = await browserFor(server, id);
    const { status, json } = await browser.ask('/me');
    expect(status).toBe(200);
    expect(json.user).toMatchObject({ id, email, email_verified: true });
    expect(json.accounts).toEqual([expect.objectContaining({ kind: 'personal', role: 'owner' })]);
  });

  it('asks a stranger to sign in', async () => {
    const { status, json } = await browserWith(server, '').ask('/me');
    expect(status).toBe(401);
    expect(json).toEqual({ message: 'Unauthenticated.' });
  });

  it('never takes a bearer credential, also not beside a good cookie', async () => {
    const { id, token } = await server.register();
    const browser = await browserFor(server, id);
    const bearer = { authorization: `Bearer ${token}` };
    expect((await browserWith(server, '').ask('/me', { headers: bearer })).status).toBe(401);
    expect((await browser.ask('/me', { headers: bearer })).status).toBe(401);
  });

  it('does nothing from the page of one user with the sign-in of another', async () => {
    const [one, other] = [await server.register(), await server.register()];
    const browser = await browserFor(server, other.id);
    const body = { name: 'laptop', expires_at: null, permissions: null, addresses: null };
    const ofPage = (id: number) => ({ headers: { 'keyhouse-user': String(id) } });
    expect((await browser.ask('/tokens', { body, ...ofPage(one.id) })).status).toBe(401);
    expect((await browser.ask('/me', ofPage(one.id))).status).toBe(401);
    expect((await browser.ask('/tokens', ofPage(other.id))).json.credentials).toHaveLength(1);
    expect((await browser.ask('/tokens', { body, ...ofPage(other.id) })).status).toBe(200);
  });
});
