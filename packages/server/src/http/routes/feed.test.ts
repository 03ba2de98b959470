import { afterAll, beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/databases.ts';
import { askFeed, followFeed, getFeed, tells } from '../../../test/feed.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../test/server.ts';

const HOUR_MS = 3_600_000;

eachDatabase('the revocation feed', (makeDatabase) => {
  let server: TestServer;
  let guard: { text: string; id: number };
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    guard = await server.key(1, { permissions: ['keyhouse.verify'] });
  });
  afterAll(() => server.stop());

  const newKey = async () => await server.key((await server.register()).accountId);
  const mint = async (key: { text: string }, expires?: string): Promise<{ jwt: string; name: string }> => {
    const body = { permissions: ['invoices.read'], ...(expires === undefined ? {} : { expires }) };
    const jwt: string = (await server.request('/auth', { bearer: key.text, body })).json.token;
    const { jti } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    return { jwt, name: jti.slice(0, 20) };
  };
  const revoke = (text: string) => server.keyhouse.oauth.revokePresented(text, null, OPERATOR);
  const namesIn = ({ jtis }: Awaited<ReturnType<typeof askFeed>>) => jtis.flatMap(({ ids }) => ids.match(/.{20}/g) ?? []);
  const since = ({ epoch, position }: { epoch: string; position: number }) => `?after=${position}&epoch=${epoch}`;

  it('tells at first all that is revoked, JWTs in groups by the hour of their end', async () => {
    const key = await newKey();
    const [one, other, living] = [
      await mint(key),
      await mint(key, new Date(Date.now() + HOUR_MS).toISOString()),
      await mint(key),
    ];
    await Promise.all([revoke(one.jwt), revoke(other.jwt)]);
    const dead = await newKey();
    await server.keyhouse.credentials.revoke({ kind: 'key', id: dead.id }, OPERATOR);
    const whole = await askFeed(server, guard.text);
    expect([whole.whole, whole.after]).toEqual([true, 0]);
    expect(namesIn(whole)).toEqual(expect.arrayContaining([one.name, other.name]));
    expect(namesIn(whole)).not.toContain(living.name);
    for (const { endsAtSeconds } of whole.jtis) expect(endsAtSeconds % 3600).toBe(0);
    expect(whole.revocations).toContainEqual(expect.objectContaining({ kind: 'credential', id: String(dead.id) }));
  });

  it('tells what came after a position, each once, and then nothing but that it knows', async () => {
    const before = await askFeed(server, guard.text);
    const key = await newKey();
    const { jwt, name } = await mint(key);
    await revoke(jwt);
    await server.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
    const step = await askFeed(server, guard.text, since(before));
    expect([step.whole, step.after]).toEqual([false, before.position]);
    expect(step.revocations.filter(({ id }) => id === name || id === String(key.id)).map(({ kind }) => kind)).toEqual([
      'jti',
      'credential',
    ]);
    expect(step.atMs).toBeGreaterThanOrEqual(before.atMs);
    const nothing = await askFeed(server, guard.text, since(step));
    expect(nothing).toMatchObject({ position: step.position, revocations: [] });
  });

  it('says that something must be forgotten, and that the signing keys are others, though nothing is over', async () => {
    const before = await askFeed(server, guard.text);
    const key = await newKey();
    await server.keyhouse.signingKeys.rotate({ emergency: true, by: OPERATOR });
    await server.keyhouse.credentials.narrow({ kind: 'key', id: key.id, permissions: ['invoices.read'] }, OPERATOR);
    const { revocations } = await askFeed(server, guard.text, since(before));
    expect(revocations).toContainEqual({ kind: 'signing-keys', id: '', beforeMs: null, endsAtMs: null });
    expect(revocations).toContainEqual(expect.objectContaining({ kind: 'credential', id: String(key.id), beforeMs: null }));
  });

  it('tells a stream at once what happens, and each second that it knows', async () => {
    const whole = await askFeed(server, guard.text);
    const stream = await followFeed(server, guard.text, whole);
    expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const key = await newKey();
    await server.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
    await stream.next(tells('credential', key.id));
    const beat = await stream.next(({ position, revocations }) => position > whole.position && revocations.length === 0);
    const later = await stream.next(({ atMs }) => atMs > beat.atMs);
    expect(later.revocations).toEqual([]);
    // Nothing is left out, nothing comes twice, and neither position nor time goes back.
    let last = { position: whole.position, atMs: whole.atMs };
    for (const message of stream.messages) {
      expect(message.after).toBe(last.position);
      expect(message.position).toBeGreaterThanOrEqual(message.after);
      expect(message.atMs).toBeGreaterThanOrEqual(last.atMs);
      last = message;
    }
    stream.close();
  });

  it('begins a stream with the whole list where no position is named, or one of another epoch, or one that never was', async () => {
    const { epoch, position } = await askFeed(server, guard.text);
    const other = 'f'.repeat(32);
    for (const from of [null, { epoch: other, position: 1 }, { epoch, position: position + 1000 }]) {
      const stream = await followFeed(server, guard.text, from);
      const first = await stream.next(() => true);
      expect(first).toMatchObject({ whole: true });
      await stream.next((message) => !message.whole);
      stream.close();
    }
    for (const query of [`?after=1&epoch=${other}`, `?after=${position + 1000}&epoch=${epoch}`])
      expect((await askFeed(server, guard.text, query)).whole).toBe(true);
  });

  it('takes a position that never was for a database that was set back, and gives the list another epoch; once a minute', async () => {
    const { epoch, position } = await askFeed(server, guard.text);
    const never = (of: string): string => `?after=${position + 1000}&epoch=${of}`;
    server.advance(61_000);
    const renewed = await askFeed(server, guard.text, never(epoch));
    expect([renewed.whole, renewed.epoch === epoch]).toEqual([true, false]);
    const again = await askFeed(server, guard.text, never(renewed.epoch));
    expect([again.whole, again.epoch]).toEqual([true, renewed.epoch]);
  });

  it('takes the position of the last event before the one in the address', async () => {
    const whole = await askFeed(server, guard.text);
    const key = await newKey();
    await server.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
    const now = await askFeed(server, guard.text, since(whole));
    const stream = await followFeed(server, guard.text, now);
    expect((await stream.next(() => true)).after).toBe(now.position);
    stream.close();
  });

  it('forgets what has ended, in the list and in the answer', async () => {
    const key = await newKey();
    const { jwt, name } = await mint(key, new Date(server.now() + 2 * HOUR_MS).toISOString());
    await revoke(jwt);
    expect(namesIn(await askFeed(server, guard.text))).toContain(name);
    server.advance(5 * HOUR_MS);
    // A position that no reader has asked for yet, so that no earlier answer is shared.
    await server.keyhouse.credentials.revoke({ kind: 'key', id: (await newKey()).id }, OPERATOR);
    expect(namesIn(await askFeed(server, guard.text))).not.toContain(name);
    const size = server.keyhouse.revocations.follower.revocations.sizeOf('jti');
    server.keyhouse.revocations.follower.revocations.sweep(server.now());
    expect(server.keyhouse.revocations.follower.revocations.sizeOf('jti')).toBeLessThan(size);
  });

  it('compresses the whole list for those who take it, and signs what was before', async () => {
    const plain = await getFeed(server, '', { authorization: `Bearer ${guard.text}` });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers.vary).toContain('Accept-Encoding');
    const packed = await getFeed(server, '', { authorization: `Bearer ${guard.text}`, 'accept-encoding': 'br, gzip;q=0.5' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect((await askFeed(server, guard.text, '', { 'accept-encoding': 'gzip' })).whole).toBe(true);
    const refused = await getFeed(server, '', { authorization: `Bearer ${guard.text}`, 'accept-encoding': 'gzip;q=0' });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('tells with every introspection how far it had read the list', async () => {
    const user = await server.register();
    const { epoch, position } = await askFeed(server, guard.text);
    const token = user.token;
    const asked = [
      await server.request('/auth/introspect', { bearer: guard.text, body: { token } }),
      await server.request('/auth/introspect/batch', { bearer: guard.text, body: { tokens: [token] } }),
      // Through Fastify: a body of undeclared length.
      await server.request('/auth/introspect?', { bearer: guard.text, body: { token } }),
    ];
    for (const { headers } of asked) {
      const [saidEpoch, said] = String(headers['x-keyhouse-position']).split(':');
      expect(saidEpoch).toBe(epoch);
      expect(Number(said)).toBeGreaterThanOrEqual(position);
    }
  });

  it('counts asking as a use of the permission', async () => {
    const fresh = await server.key(1, { permissions: ['keyhouse.verify'] });
    await askFeed(server, fresh.text);
    const day = Math.floor(server.now() / 86_400_000);
    const used = () =>
      server.store.credentials.permissionUse({ credentialIds: [fresh.id], sinceDay: day - 1, recentSinceDay: day - 1 });
    await expect.poll(used).toContainEqual(expect.objectContaining({ permission: 'keyhouse.verify' }));
  });
});
