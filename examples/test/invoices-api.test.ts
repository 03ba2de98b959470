/** The API alone: every kind of credential that Keyhouse issues works there, as far as its permissions go. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

describe('examples/invoices-api', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    return () => world.stop();
  });

  async function call(bearer: string | null, path = '/api/invoices', body?: unknown) {
    const response = await fetch(world.api + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: bearer === null ? {} : { Authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json(), headers: response.headers };
  }

  it('shows the invoices of its account to a token, a key and a JWT', async () => {
    const user = await world.keyhouse.register();
    const key = await world.keyhouse.key(user.accountId);
    const minted = await world.keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
    for (const bearer of [user.token, key.text, minted.json.token]) {
      const { status, json } = await call(bearer);
      expect([status, json.invoices.length]).toEqual([200, 2]);
    }
  });

  it('answers 401 in the words of the documents, without a credential and with a bad one', async () => {
    const nothing = await call(null);
    expect([nothing.status, nothing.json]).toEqual([401, { message: 'Unauthenticated.' }]);
    expect(nothing.headers.get('www-authenticate')).toBe('Bearer');
    const bad = await call('123|abcdef');
    expect([bad.status, bad.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
  });

  it('answers 403 when the permission is missing, and to write is not to read', async () => {
    const { accountId } = await world.keyhouse.register();
    const reader = await world.keyhouse.key(accountId, { permissions: ['invoices.read'] });
    const writer = await world.keyhouse.key(accountId, { permissions: ['*.write'] });
    const refused = await call(reader.text, '/api/invoices', { customer: 'Ada', cents: 1 });
    expect([refused.status, refused.json]).toEqual([403, { message: 'This action is unauthorized.' }]);
    expect((await call(reader.text, '/api/services')).status).toBe(403);
    expect((await call(writer.text)).status).toBe(403);
    expect((await call(writer.text, '/api/invoices', { customer: 'Ada', cents: 1 })).status).toBe(201);
    expect((await call(reader.text)).json.invoices).toHaveLength(3);
  });

  it('keeps accounts apart, and what is a test from what is real', async () => {
    const [one, other] = [await world.keyhouse.register(), await world.keyhouse.register()];
    await call(one.token, '/api/invoices', { customer: 'Only mine', cents: 1 });
    const trial = await world.keyhouse.key(one.accountId, { environment: 'test' });
    for (const bearer of [other.token, trial.text]) expect((await call(bearer)).json.invoices).toHaveLength(2);
  });

  it('keeps to the addresses that a key is bound to', async () => {
    const { accountId } = await world.keyhouse.register();
    const elsewhere = await world.keyhouse.key(accountId, { addresses: ['203.0.113.0/24', '2001:db8::/32'] });
    const here = await world.keyhouse.key(accountId, { addresses: ['127.0.0.0/8', '::1/128'] });
    expect((await call(elsewhere.text)).status).toBe(401);
    expect((await call(here.text)).status).toBe(200);
  });

  it('says what is wrong with an invoice', async () => {
    const { token } = await world.keyhouse.register();
    const invalid = await call(token, '/api/invoices', { customer: ' ', cents: 1.5 });
    expect([invalid.status, Object.keys(invalid.json.errors)]).toEqual([422, ['customer', 'cents']]);
    for (const body of ['nothing', '[]', 'null', '"x"'])
      expect([400, 422]).toContain((await call(token, '/api/invoices', body)).status);
    expect((await call(token, '/api/invoices', 'x'.repeat(20_000))).status).toBe(413);
    expect((await call(token, '/api/nothing')).status).toBe(404);
  });

  it('hears of a revocation with the next request', async () => {
    const { accountId } = await world.keyhouse.register();
    const key = await world.keyhouse.key(accountId);
    expect((await call(key.text)).status).toBe(200);
    await world.keyhouse.request('/auth/revoke', { body: { token: key.text } });
    expect((await call(key.text)).status).toBe(401);
  });
});
