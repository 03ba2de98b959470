/** The audit log and the first page of an account. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFor } from '../../../../test/dashboard-browser.ts';
import { newAdministrator, newMember, newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';

const WISH = { name: 'key', expires_at: null, permissions: ['a.read'], addresses: null, environment: 'live' };
const DAY = 86_400_000;

interface Row {
  readonly id: number;
  readonly event: string;
  readonly actor: string;
  readonly actor_name: string | null;
  readonly account_id: number | null;
  readonly request_id: string | null;
  readonly reason: string | null;
  readonly address: string | null;
}

describe('the audit log of an account', () => {
  let server: TestServer;
  let owner: Person;
  let developer: Person;
  let team: number;
  beforeAll(async () => {
    server = await startTestServer();
    owner = await newPerson(server);
    team = await newTeam(owner);
    developer = await newMember(server, owner, team, 'developer');
  });
  afterAll(() => server.stop());

  const newKey = async (person: Person, account: number, wish = {}) =>
    (await person.ask(`/accounts/${account}/keys`, { body: { ...WISH, ...wish } })).json;
  const events = async (person: Person, path: string): Promise<Row[]> => {
    const { status, json, text } = await person.ask(path);
    expect(status, text).toBe(200);
    return json.events;
  };
  /** Refusals are written each second. */
  const until = async (look: () => Promise<boolean>): Promise<void> => {
    await expect.poll(look).toBe(true);
  };

  it('tells who did what from where, with names, newest first', async () => {
    const { credential } = await newKey(developer, team, { name: 'deploy' });
    const [newest] = await events(owner, `/accounts/${team}/audit`);
    expect(newest).toMatchObject({
      event: 'key.created',
      actor: `user:${developer.id}`,
      actor_name: expect.stringMatching(/^u[0-9a-f]+$/),
      account_id: team,
      credential_id: credential.id,
      credential_name: 'deploy',
      address: '127.0.0.1',
      details: { permissions: ['a.read'] },
    });
  });

  it('finds the true reason of a refused request by its id', async () => {
    const { secret, credential } = await newKey(owner, team, { addresses: ['192.0.2.0/24'] });
    const refused = await server.request('/verify/api/a', { bearer: secret });
    expect(refused.json).toEqual({ message: 'Unauthenticated.' });
    const id = refused.headers['x-request-id'];
    await until(async () => (await events(owner, `/accounts/${team}/audit?request_id=${id}`)).length > 0);
    expect(await events(owner, `/accounts/${team}/audit?request_id=${id}`)).toEqual([
      expect.objectContaining({
        event: 'request.refused',
        reason: 'address_not_allowed',
        credential_id: credential.id,
        actor: `key:${credential.id}`,
        actor_name: 'key',
      }),
    ]);
    const stranger = await newPerson(server);
    expect(await events(stranger, `/accounts/${stranger.accountId}/audit?request_id=${id}`)).toEqual([]);
  });

  it('filters by what, who, credential and time, and refuses what it cannot understand', async () => {
    const { credential } = await newKey(owner, team);
    const path = `/accounts/${team}/audit`;
    expect((await events(owner, `${path}?event=member.role_changed`)).length).toBe(0);
    const made = await events(owner, `${path}?event=key.created&actor=user:${owner.id}`);
    expect(made.length).toBeGreaterThan(0);
    expect(made.every(({ event, actor }) => event === 'key.created' && actor === `user:${owner.id}`)).toBe(true);
    expect(await events(owner, `${path}?credential=${credential.id}`)).toHaveLength(1);
    const soon = new Date(server.now() + 1000).toISOString();
    expect(await events(owner, `${path}?since=${soon}`)).toEqual([]);
    expect((await events(owner, `${path}?until=${soon}`)).length).toBeGreaterThan(2);
    for (const query of [
      'event=nonsense',
      'actor=ada',
      'since=yesterday',
      'request_id=%00',
      'limit=1000',
      'before=x',
      'credential=x',
    ])
      expect((await owner.ask(`${path}?${query}`)).status, query).toBe(422);
  });

  it('comes in pages that neither repeat nor leave out', async () => {
    const path = `/accounts/${team}/audit`;
    const all = (await events(owner, `${path}?limit=200`)).map(({ id }) => id);
    const seen: number[] = [];
    for (let before = ''; ; ) {
      const { json } = await owner.ask(`${path}?limit=3${before}`);
      seen.push(...json.events.map(({ id }: Row) => id));
      if (json.next === null) break;
      before = `&before=${json.next}`;
    }
    expect(seen).toEqual(all);
  });

  it('does not name the people of the operator to a customer', async () => {
    const administrator = await newAdministrator(server);
    const eve = await newPerson(server);
    expect((await administrator.ask(`/operator/users/${eve.id}/disable`, { method: 'POST' })).status).toBe(204);
    expect((await administrator.ask(`/operator/users/${eve.id}/enable`, { method: 'POST' })).status).toBe(204);
    const whole = await events(administrator, `/operator/audit?account=${eve.accountId}`);
    expect(whole.some(({ actor, address }) => actor === `user:${administrator.id}` && address === '127.0.0.1')).toBe(true);
    const again = await browserFor(server, eve.id);
    const { text } = await again.ask(`/accounts/${eve.accountId}/audit`);
    expect(text).toContain('user.disabled');
    expect(text).not.toContain(`user:${administrator.id}`);
  });

  it('goes out as CSV that no spreadsheet runs, and as JSON lines', async () => {
    await newKey(owner, team, { name: '=HYPERLINK("http://e.example","x")' });
    const csv = await owner.ask(`/accounts/${team}/audit/export?format=csv`);
    expect(csv.status).toBe(200);
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="audit-\d{4}-\d\d-\d\d\.csv"$/);
    expect(csv.headers['cache-control']).toBe('no-store');
    const lines = csv.text.split('\r\n');
    expect(lines[0]).toMatch(/^id,at,event,actor,/);
    expect(lines.at(-1)).toBe('');
    expect(csv.text).toContain(`"'=HYPERLINK(""http://e.example"",""x"")"`);
    const jsonl = await owner.ask(`/accounts/${team}/audit/export?format=jsonl&event=key.created`);
    expect(jsonl.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    const rows = jsonl.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.every(({ event, account_id }) => event === 'key.created' && account_id === team)).toBe(true);
    expect((await owner.ask(`/accounts/${team}/audit/export`)).status).toBe(422);
    expect((await owner.ask(`/accounts/${team}/audit/export?format=csv&event=nonsense`)).status).toBe(422);
  });

  it('exports a log of many pages whole, and searches through it', async () => {
    const many = Array.from({ length: 1_300 }, (_, index) => ({
      event: 'limits.cleared' as const,
      atMs: server.now(),
      by: { actor: 'operator' as const, requestId: null, person: {} },
      accountId: team,
      details: { index },
    }));
    await server.store.audit.record({ events: many });
    const { text } = await owner.ask(`/accounts/${team}/audit/export?format=jsonl&event=limits.cleared`);
    const found = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { details: { index: number } }).details.index);
    expect(found).toEqual(many.map(({ details }) => details.index).reverse());
  });

  it('is seen whole by administrators, with the head of its chain, and verified', async () => {
    const administrator = await newAdministrator(server);
    await until(async () => (await administrator.ask('/operator/audit?limit=1')).json.events[0].number !== null);
    const { json } = await administrator.ask('/operator/audit');
    expect(json.head).toEqual({ number: expect.any(Number), hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const checks = await Promise.all([1, 2].map(() => administrator.ask('/operator/audit/verify', { method: 'POST' })));
    for (const check of checks) expect(check.json).toMatchObject({ intact: true, fault: null });
    expect(checks[0]?.json.checked).toBeGreaterThanOrEqual(json.head.number);
    const file = await administrator.ask('/operator/audit/export?format=jsonl&event=account.created');
    expect(file.text).toContain('account.created');
    for (const path of ['/operator/audit', '/operator/audit/export?format=csv']) expect((await owner.ask(path)).status).toBe(403);
    expect((await owner.ask('/operator/audit/verify', { method: 'POST' })).status).toBe(403);
  });
});

describe('the first page of an account', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('says what to do first, and sees the first request arrive', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const home = async () => (await owner.ask(`/accounts/${team}/home`)).json;
    expect(await home()).toEqual({
      has_token: false,
      has_key: false,
      has_request: false,
      requests_by_day: Array.from({ length: 30 }, () => 0),
      last_request: null,
      notices: [],
      notices_total: 0,
    });
    const { secret } = (await owner.ask(`/accounts/${team}/keys`, { body: { ...WISH, name: 'first' } })).json;
    expect(await home()).toMatchObject({ has_key: true, has_request: false });
    await server.request('/verify/api/a', { bearer: secret, headers: { 'user-agent': 'curl/8' } });
    await expect.poll(async () => (await home()).has_request).toBe(true);
    const { has_request, requests_by_day, last_request } = await home();
    expect([has_request, requests_by_day.at(-1)]).toEqual([true, 1]);
    expect(last_request).toMatchObject({ credential_name: 'first', address: '127.0.0.1', user_agent: 'curl/8' });
  });

  it('shows what to look at', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const keys = `/accounts/${team}/keys`;
    const soon = new Date(server.now() + 200 * DAY).toISOString();
    await owner.ask(keys, { body: { ...WISH, name: 'ends', expires_at: soon } });
    await owner.ask(keys, { body: { ...WISH, name: 'idle' } });
    server.advance(190 * DAY);
    const again = await browserFor(server, owner.id);
    const { notices } = (await again.ask(`/accounts/${team}/home`)).json;
    const found = notices.map(
      ({ kind, credential }: { kind: string; credential: { name: string } }) => `${kind}: ${credential.name}`,
    );
    expect(found[0]).toBe('expires-soon: ends');
    expect(found.sort()).toEqual(['expires-soon: ends', 'unused: ends', 'unused: idle']);
  });
});
