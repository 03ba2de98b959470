/** What the data of schema 0006 becomes when every later migration runs, on both databases. */
import { beforeAll, expect, it } from 'vitest';
import { eachDatabase, runStatements, type TestDatabase } from '../../../test/databases.ts';
import { chainAudit, hashPerson } from '../../core/audit/chain.ts';
import { verifyAudit } from '../../core/audit/verify.ts';
import type { OpenedStore } from '../opened.ts';
import { MIGRATIONS } from './index.ts';
import { POSTGRES_TYPES, SQLITE_TYPES } from './migration.ts';

const DAY = 86_400_000;
/** The migrations ask the database for the time, so the data is current. */
const NOW = Date.now();
const LAST_OF_BEFORE = '0006-guard-use';

const USERS = { ada: 1, eve: 2, passkey: 3, codes: 4, totp: 5, disabled: 6, former: 7, deleted: 8, admin: 9 } as const;
/** Number 1 is the operator's; personal ones are 10 plus the user's id. */
const personal = (user: number) => user + 10;
const TEAMS = { ofDisabled: 31, ofTwo: 32, deleted: 33, ofNobody: 34 } as const;
const TOKENS = { login: 1, made: 2 } as const;
const KEYS = { live: 11, revoked: 12, ofDisabled: 13, ofFormer: 14, ofTeam: 15, long: 16, short: 17, allRevoked: 18 } as const;
const APPS = { looked: 1, changed: 2, posing: 3, own: 4, ofTeam: 5, both: 6, limits: 7 } as const;
const PERSON = { salt: '00112233445566778899aabbccddeeff', data: '{"address":"203.0.113.7"}' };
const clientId = (app: number) => `app_${app}`;

type Value = string | number | null | Buffer;
type Row = Readonly<Record<string, Value>>;

const user = (id: number, more: Row = {}) => ({
  ...{ id, email: `u${id}@example.com`, email_key: `u${id}@example.com`, password_hash: 'hash', display_name: `User ${id}` },
  ...{ first_name: '', last_name: '', is_administrator: 0, created_at_ms: 1, updated_at_ms: 1, email_verified_at_ms: 1, ...more },
});
const hash = (name: string) => Buffer.from(name.padEnd(32, '.'));
const credential = (kind: 'token' | 'key', id: number, account: number, more: Row = {}) => ({
  ...{
    id,
    kind,
    environment: 'live',
    account_id: account,
    user_id: kind === 'token' ? account - 10 : null,
    name: `${kind} ${id}`,
  },
  ...{ source: 'dashboard', hash: hash(`credential ${id}`), created_at_ms: NOW - 100 * DAY, ...more },
});
const jwt = (jti: string, key: number, account: number, more: Row = {}) => ({
  ...{ jti, key_id: key, account_id: account, permissions: '["a.read"]', signing_key_id: 'kid' },
  ...{ issued_at_ms: NOW - 50 * DAY, expires_at_ms: NOW + 300 * DAY, ...more },
});
const passkey = (id: string, owner: number) => ({
  ...{ id, user_id: owner, name: 'key', public_key: hash(id), counter: 0, transports: '[]', synced: 0, created_at_ms: 1 },
});
const application = (id: number, account: number, more: Row = {}) => ({
  ...{ id, client_id: clientId(id), account_id: account, name: `App "${id}"`, kind: 'confidential', redirect_uris: '[]' },
  ...{ post_logout_redirect_uris: '[]', optional_permissions: '[]', own_permissions: '[]', is_first_party: 0 },
  ...{ created_at_ms: 1, updated_at_ms: 1, ...more },
});
const event = (name: string, at: number, actor: string, more: Row = {}) => ({
  ...{ event: name, at_ms: at, actor, details: '{}', ...more },
});
const updated = (app: number, at: number, changed: readonly string[], actor: string) =>
  event('application.updated', at, actor, {
    account_id: personal(USERS.ada),
    details: JSON.stringify({ application: `App "${app}"`, client_id: clientId(app), changed }),
  });
const invitation = (id: number, sender: number, more: Row = {}) => ({
  ...{ id, account_id: TEAMS.ofTwo, email: 'x@example.com', email_key: 'x@example.com', role: 'viewer', invited_by: sender },
  ...{ ticket_hash: hash(`invitation ${id}`), created_at_ms: 1, sent_at_ms: 1, sendings: 1, expires_at_ms: NOW + DAY, ...more },
});
const use = (key: number, daysAgo: number, more: Row = {}) => ({
  ...{ credential_id: key, day: Math.floor(NOW / DAY) - daysAgo, last_used_at_ms: NOW - daysAgo * DAY, previous_requests: 0 },
  ...more,
});
const permissionUse = (permission: string, daysAgo: number) => ({
  ...{ credential_id: KEYS.live, permission, requests: 1 },
  ...{ day: Math.floor(NOW / DAY) - daysAgo, last_used_at_ms: NOW - daysAgo * DAY },
});
const previous = (name: string, endsAtMs: number) => ({
  ...{ previous_hash: hash(name), previous_ends_at_ms: endsAtMs, rotated_at_ms: NOW - DAY },
});

const ROWS: readonly (readonly [table: string, rows: readonly Row[]])[] = [
  [
    'users',
    [
      user(USERS.ada),
      user(USERS.eve, { email_verified_at_ms: null }),
      user(USERS.passkey),
      user(USERS.codes),
      user(USERS.totp),
      user(USERS.disabled, { disabled_at_ms: NOW - 10 * DAY }),
      user(USERS.former),
      user(USERS.deleted, { email: '', email_key: 'deleted:8', deleted_at_ms: NOW - DAY }),
      user(USERS.admin, { is_administrator: 1 }),
    ],
  ],
  [
    'accounts',
    [
      ...Object.values(USERS).map((id) => ({
        ...{ id: personal(id), kind: 'personal', name: `User ${id}`, user_id: id, created_at_ms: 1 },
        deleted_at_ms: id === USERS.deleted ? NOW - DAY : null,
      })),
      ...Object.values(TEAMS).map((id) => ({
        ...{ id, kind: 'team', name: `Team ${id}`, user_id: null, created_at_ms: 1 },
        deleted_at_ms: id === TEAMS.deleted ? NOW - DAY : null,
      })),
    ],
  ],
  [
    'members',
    [
      { account_id: TEAMS.ofDisabled, user_id: USERS.disabled, role: 'owner', since_ms: 1 },
      { account_id: TEAMS.ofDisabled, user_id: USERS.ada, role: 'admin', since_ms: 1 },
      { account_id: TEAMS.ofTwo, user_id: USERS.disabled, role: 'owner', since_ms: 1 },
      { account_id: TEAMS.ofTwo, user_id: USERS.ada, role: 'owner', since_ms: 1 },
      { account_id: TEAMS.ofTwo, user_id: USERS.eve, role: 'admin', since_ms: 1 },
      { account_id: TEAMS.ofTwo, user_id: USERS.former, role: 'developer', since_ms: 1 },
    ],
  ],
  ['passkeys', [passkey('alone', USERS.passkey), passkey('with codes', USERS.codes)]],
  ['recovery_codes', [{ user_id: USERS.codes, hash: hash('code') }]],
  [
    'totp_secrets',
    [
      { user_id: USERS.totp, sealed_secret: 'x', created_at_ms: 1, confirmed_at_ms: 777, last_step: 0 },
      { user_id: USERS.ada, sealed_secret: 'x', created_at_ms: 1, confirmed_at_ms: null, last_step: 0 },
    ],
  ],
  [
    'credentials',
    [
      credential('token', TOKENS.login, personal(USERS.ada), { source: 'login' }),
      credential('token', TOKENS.made, personal(USERS.ada)),
      credential('key', KEYS.live, personal(USERS.ada)),
      credential('key', KEYS.revoked, personal(USERS.ada), { revoked_at_ms: NOW - 40 * DAY }),
      credential('key', KEYS.ofDisabled, personal(USERS.disabled)),
      credential('key', KEYS.ofFormer, personal(USERS.former)),
      credential('key', KEYS.ofTeam, TEAMS.ofDisabled),
      credential('key', KEYS.long, personal(USERS.ada), previous('long', NOW + 400 * DAY)),
      credential('key', KEYS.short, personal(USERS.ada), previous('short', NOW + 6 * DAY)),
      credential('key', KEYS.allRevoked, personal(USERS.ada)),
    ],
  ],
  [
    'jwts',
    [
      jwt('of a live key', KEYS.live, personal(USERS.ada)),
      jwt('revoked by itself', KEYS.live, personal(USERS.ada), { revoked_at_ms: NOW - DAY }),
      jwt('of a revoked key', KEYS.revoked, personal(USERS.ada)),
      jwt('of a disabled user', KEYS.ofDisabled, personal(USERS.disabled)),
      jwt('before it was disabled', KEYS.ofFormer, personal(USERS.former)),
      jwt('after it was enabled', KEYS.ofFormer, personal(USERS.former), { issued_at_ms: NOW - 5 * DAY }),
      jwt('all of a key', KEYS.allRevoked, personal(USERS.ada), { revoked_at_ms: NOW - DAY }),
      jwt('of a team', KEYS.ofTeam, TEAMS.ofDisabled, { expires_at_ms: NOW + 1000 * DAY }),
    ],
  ],
  [
    'changes',
    [
      // As they were written: these two had the ends of the JWTs already.
      change(1, 'jti', 'revoked by itself', NOW - DAY, NOW + 300 * DAY),
      change(2, 'credential', String(KEYS.allRevoked), NOW - DAY, NOW + 300 * DAY),
    ],
  ],
  [
    'applications',
    [
      application(APPS.looked, personal(USERS.ada), { verified_at_ms: NOW - 20 * DAY }),
      application(APPS.changed, personal(USERS.ada), { verified_at_ms: NOW - 20 * DAY }),
      application(APPS.posing, personal(USERS.ada), { is_first_party: 1 }),
      application(APPS.own, 1, { is_first_party: 1, verified_at_ms: NOW - 20 * DAY }),
      application(APPS.ofTeam, TEAMS.ofDisabled),
      application(APPS.both, personal(USERS.ada), { is_first_party: 1, verified_at_ms: NOW - 20 * DAY }),
      application(APPS.limits, personal(USERS.ada), {
        ...{ verified_at_ms: NOW - 20 * DAY, secret_hash: hash('secret'), secret_made_at_ms: NOW },
        ...{ previous_secret_hash: hash('previous'), previous_secret_ends_at_ms: NOW + 29 * DAY },
      }),
    ],
  ],
  ['refresh_keys', [{ id: 1, sealed_key: 'x', created_at_ms: 1 }]],
  [
    'grants',
    [
      {
        ...{ id: 1, user_id: USERS.ada, application_id: APPS.looked, account_id: personal(USERS.ada), permissions: '["a.read"]' },
        ...{ declined: '[]', scopes: '[]', created_at_ms: 1, updated_at_ms: 1 },
      },
    ],
  ],
  [
    'sessions',
    [
      {
        ...{ id: 'session', grant_id: 1, application_id: APPS.looked, user_id: USERS.ada, account_id: personal(USERS.ada) },
        ...{ permissions: '["a.read"]', scopes: '[]', signed_in_at_ms: NOW, refresh_key_id: 1, salt: hash('salt'), counter: 1 },
        ...{ moved_at_ms: NOW, repeats: 0, late_at_ms: '[]', created_at_ms: NOW, last_used_at_ms: NOW },
      },
    ],
  ],
  [
    'invitations',
    [
      invitation(1, USERS.ada, { role: 'owner' }),
      invitation(2, USERS.eve, { role: 'admin' }),
      invitation(3, USERS.eve, { role: 'owner' }),
      invitation(4, USERS.former),
      invitation(5, USERS.disabled),
      invitation(6, USERS.admin, { account_id: null }),
      invitation(7, USERS.eve, { account_id: null }),
    ],
  ],
  [
    'credential_use',
    [
      use(KEYS.live, 3, { requests: 2, previous_requests: 1 }),
      use(KEYS.ofTeam, 3, { requests: 4 }),
      use(KEYS.allRevoked, 3, { requests: 5, last_used_at_ms: NOW - 3 * DAY - 1 }),
      use(KEYS.allRevoked, 2, { requests: 6 }),
    ],
  ],
  ['permission_use', [permissionUse('a.read', 40), permissionUse('a.read', 3), permissionUse('b.read', 95)]],
  [
    'audit_events',
    [
      event('key.created', NOW - 100 * DAY, 'user:2', {
        ...{ credential_id: KEYS.live, person_hash: hashPerson(PERSON.salt, PERSON.data) },
      }),
      // Its personal data was erased.
      event('application.created', NOW - 30 * DAY, 'operator', {
        person_hash: hashPerson(PERSON.salt, 'erased'),
        ...{ account_id: personal(USERS.ada), details: JSON.stringify({ client_id: clientId(APPS.looked) }) },
      }),
      // Before the operator looked; a limit, which nobody is shown; and by the operator.
      updated(APPS.looked, NOW - 25 * DAY, ['redirectUris'], 'user:1'),
      updated(APPS.limits, NOW - 5 * DAY, ['idleSeconds'], 'user:1'),
      updated(APPS.looked, NOW - 5 * DAY, ['name'], 'operator'),
      updated(APPS.changed, NOW - 5 * DAY, ['redirectUris', 'idleSeconds'], 'user:1'),
      updated(APPS.changed, NOW - 4 * DAY, ['name'], 'user:1'),
      updated(APPS.both, NOW - 4 * DAY, ['logo'], 'user:1'),
      event('user.disabled', NOW - 10 * DAY, 'operator', { account_id: personal(USERS.disabled) }),
      event('user.disabled', NOW - 30 * DAY, 'operator', { account_id: personal(USERS.former) }),
      event('user.enabled', NOW - 29 * DAY, 'operator', { account_id: personal(USERS.former) }),
    ],
  ],
  ['audit_persons', [{ event_id: 1, ...PERSON }]],
];

function change(number: number, kind: string, subject: string, beforeMs: number, endsAtMs: number): Row {
  return { number, kind, subject_id: subject, before_ms: beforeMs, ends_at_ms: endsAtMs, at_ms: beforeMs };
}

/** The previous schema with its rows, in the tables in which the migrator records what it applied. */
function statementsOf(kind: TestDatabase['kind']): readonly string[] {
  const literal = (value: Value): string => {
    if (value === null) return 'NULL';
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
    return kind === 'sqlite' ? `X'${value.toString('hex')}'` : `'\\x${value.toString('hex')}'`;
  };
  const insert = (table: string, row: Row) =>
    `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(literal).join(', ')})`;
  const before = MIGRATIONS.filter(({ name }) => name <= LAST_OF_BEFORE);
  return [
    'CREATE TABLE migrations (name varchar(255) NOT NULL PRIMARY KEY, timestamp varchar(255) NOT NULL)',
    ...before.flatMap(({ statements }) => statements(kind === 'sqlite' ? SQLITE_TYPES : POSTGRES_TYPES)),
    ...before.map(({ name }) => insert('migrations', { name, timestamp: '2026-01-01T00:00:00.000Z' })),
    ...ROWS.flatMap(([table, rows]) => rows.map((row) => insert(table, row))),
    `UPDATE counters SET value = 2 WHERE name = 'changes'`,
  ];
}

eachDatabase('an upgrade from schema 0006', (makeDatabase) => {
  let store: OpenedStore;
  beforeAll(async () => {
    const database = await makeDatabase();
    await runStatements(database, statementsOf(database.kind));
    store = await database.open();
  });

  const revocations = async () => (await store.changes.activeRevocations(NOW)).revocations;
  const eventsOf = async (name: Parameters<OpenedStore['audit']['list']>[0]['event']) => {
    const listed = await store.audit.list({ ...(name === undefined ? {} : { event: name }), limit: 100 });
    const migrated = listed.filter(({ details }) => details.includes('"through":"migration"'));
    return migrated
      .map(({ actor, accountId, userId, details }) => ({ actor, accountId, userId, ...(JSON.parse(details) as object) }))
      .reverse();
  };
  const isNow = (value: number | null | undefined) => expect(Math.abs((value ?? 0) - NOW)).toBeLessThan(DAY);

  it('keeps revoked until its own end every JWT that was revoked, and no other', async () => {
    const ends = async (kind: string, id: string) =>
      (await revocations())
        .filter((entry) => entry.kind === kind && entry.id === id)
        .map(({ beforeMs, endsAtMs }) => [beforeMs, endsAtMs]);
    const end = NOW + 300 * DAY;
    expect(await ends('jti', 'revoked by itself')).toEqual([[NOW - DAY, end]]);
    expect(await ends('credential', String(KEYS.allRevoked))).toEqual([[NOW - DAY, end]]);
    expect(await ends('credential', String(KEYS.revoked))).toEqual([[end + 60_000, end + 60_000]]);
    expect(await ends('account', String(personal(USERS.disabled)))).toEqual([[NOW - 10 * DAY, end + 60_000]]);
    expect(await ends('account', String(personal(USERS.former)))).toEqual([[NOW - 30 * DAY, end + 60_000]]);
    for (const id of [KEYS.live, KEYS.ofFormer, KEYS.ofTeam]) expect(await ends('credential', String(id))).toEqual([]);
  });

  it('suspends the team whose only owner is disabled, with its applications, and says so in the log', async () => {
    expect((await store.accounts.findAccount(TEAMS.ofDisabled))?.suspension?.reason).toBe(null);
    isNow((await store.accounts.findAccount(TEAMS.ofDisabled))?.suspension?.sinceMs);
    for (const id of [1, TEAMS.ofTwo, TEAMS.ofNobody, personal(USERS.ada), personal(USERS.eve)])
      expect((await store.accounts.findAccount(id))?.suspension, `account ${id}`).toBe(null);
    const suspended = (await revocations()).filter(({ kind }) => kind.startsWith('suspended'));
    expect(suspended.map(({ kind, id }) => [kind, id])).toEqual([
      ['suspended-account', String(TEAMS.ofDisabled)],
      ['suspended-application', clientId(APPS.ofTeam)],
    ]);
    expect(await eventsOf('account.suspended')).toEqual([
      { actor: 'server', accountId: TEAMS.ofDisabled, userId: null, why: 'no_enabled_owner', through: 'migration' },
    ]);
    const numbers = (await store.changes.changesAfter(0, 100)).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect((await store.changes.activeRevocations(NOW)).position).toBe(numbers.length);
  });

  it('resumes that team when its owner is enabled', async () => {
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    const enabled = { event: 'user.enabled', atMs: NOW, by } as const;
    await store.accounts.setUserDisabled({ userId: USERS.disabled, disabled: false, nowMs: NOW, event: enabled });
    expect((await store.accounts.findAccount(TEAMS.ofDisabled))?.suspension).toBe(null);
    const suspended = (await revocations()).filter(({ kind, beforeMs }) => kind.startsWith('suspended') && beforeMs !== null);
    expect(suspended).toEqual([]);
  });

  it('takes the badges of what the operator never looked at, and writes one event for each application', async () => {
    const badges = async (app: number) => {
      const found = await store.applications.findApplication(app);
      return [
        found?.verifiedAtMs !== null,
        found?.isFirstParty,
        found?.lostBadges?.badges ?? [],
        found?.lostBadges?.changed ?? [],
      ];
    };
    expect(await badges(APPS.looked)).toEqual([true, false, [], []]);
    expect(await badges(APPS.limits)).toEqual([true, false, [], []]);
    expect(await badges(APPS.own)).toEqual([true, true, [], []]);
    expect(await badges(APPS.changed)).toEqual([false, false, ['verified'], ['name', 'redirectUris']]);
    expect(await badges(APPS.posing)).toEqual([false, false, ['first_party'], ['owner']]);
    expect(await badges(APPS.both)).toEqual([false, false, ['verified', 'first_party'], ['logo', 'owner']]);
    const told = {
      actor: 'server',
      accountId: personal(USERS.ada),
      userId: null,
      through: 'migration',
      atMs: expect.any(Number),
    };
    const named = (app: number) => ({ application: `App "${app}"`, client_id: clientId(app) });
    expect(await eventsOf('application.badges_lost')).toEqual([
      { ...told, ...named(APPS.changed), badges: ['verified'], changed: ['name', 'redirectUris'] },
      { ...told, ...named(APPS.posing), badges: ['first_party'], changed: ['owner'] },
      { ...told, ...named(APPS.both), badges: ['verified', 'first_party'], changed: ['logo', 'owner'] },
    ]);
  });

  it('cuts overlaps to seven days from now, and leaves shorter ones alone', async () => {
    const endsAtMs = async (id: number) => (await store.credentials.getCredential('key', id))?.previousEndsAtMs ?? null;
    isNow(((await endsAtMs(KEYS.long)) ?? 0) - 7 * DAY);
    expect(await endsAtMs(KEYS.short)).toBe(NOW + 6 * DAY);
    expect(await endsAtMs(KEYS.live)).toBe(null);
    isNow(((await store.applications.findApplication(APPS.limits))?.previousSecretEndsAtMs ?? 0) - 7 * DAY);
  });

  it('leaves two-step verification on for those who can get past it, and tells of the others', async () => {
    const since = async (id: number) => (await store.accounts.findUser(id))?.twoStepSinceMs ?? null;
    expect(await since(USERS.totp)).toBe(777);
    isNow(await since(USERS.codes));
    for (const id of [USERS.passkey, USERS.ada, USERS.eve]) expect(await since(id)).toBe(null);
    expect(await eventsOf('user.two_step_off')).toEqual([
      { actor: 'server', accountId: personal(USERS.passkey), userId: USERS.passkey, through: 'migration' },
    ]);
  });

  it('asks nobody who is there already to verify an address, and knows who created what', async () => {
    expect((await store.accounts.findUser(USERS.eve))?.emailVerifiedAtMs).toBe(null);
    expect(await store.profile.asksForVerifiedEmail()).toBe(false);
    const creator = async (kind: 'key' | 'token', id: number) => (await store.credentials.getCredential(kind, id))?.createdBy;
    expect(await creator('key', KEYS.live)).toBe('user:2');
    expect(await creator('token', TOKENS.login)).toBe(`user:${USERS.ada}`);
    expect(await creator('token', TOKENS.made)).toBe(null);
    expect((await store.applications.findApplication(APPS.looked))?.createdBy).toBe('operator');
  });

  it('ends the invitations that their senders could not send any more', async () => {
    expect(await eventsOf('invitation.taken_back')).toEqual(
      [
        [3, 'owner', TEAMS.ofTwo],
        [4, 'viewer', TEAMS.ofTwo],
        [5, 'viewer', TEAMS.ofTwo],
        [7, 'viewer', null],
      ].map(([id, role, accountId]) => ({
        actor: 'server',
        accountId,
        userId: null,
        invitation: id,
        role,
        through: 'migration',
      })),
    );
    const open = await store.invitations.listInvitations(TEAMS.ofTwo, NOW);
    expect(open.map(({ id }) => id).sort()).toEqual([1, 2]);
  });

  it('adds up for each account what its credentials were used, and knows which permissions they used when', async () => {
    const today = Math.floor(NOW / DAY);
    const useOf = (accountId: number) => store.credentials.useOfAccount({ accountId, sinceDay: 0, nowMs: NOW });
    const account = (await store.credentials.getCredential('key', KEYS.live))?.accountId ?? 0;
    expect((await store.credentials.getCredential('key', KEYS.allRevoked))?.accountId, 'both are of one account').toBe(account);
    expect(await useOf(account)).toMatchObject({
      ...{ hasKey: true, hasRequest: true, last: { atMs: NOW - 2 * DAY, credentialName: `key ${KEYS.allRevoked}` } },
      byDay: [
        { day: today - 3, requests: 8 },
        { day: today - 2, requests: 6 },
      ],
    });
    const used = (sinceDay: number) => store.credentials.usedPermissions({ credentialIds: [KEYS.live], sinceDay });
    expect((await used(today - 90)).map(({ permission }) => permission)).toEqual(['a.read']);
    expect((await used(today - 100)).map(({ permission }) => permission).sort()).toEqual(['a.read', 'b.read']);
  });

  it('keeps the personal data of events that was not erased, under the same hash, and can still erase it', async () => {
    const personOf = async (id: number) => (await store.audit.list({ fromId: id, beforeId: id + 1, limit: 1 }))[0]?.person;
    expect(await personOf(1)).toEqual({ address: '203.0.113.7' });
    expect(await personOf(2)).toBe(null);
    await chainAudit(store.audit);
    expect(await verifyAudit(store.audit)).toMatchObject({ ok: true, personsErased: 1 });
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    const erased = { event: 'user.erased', atMs: NOW, by, userId: USERS.eve } as const;
    expect(await store.audit.erasePerson({ userId: USERS.eve, event: erased })).toBe(1);
    expect(await personOf(1)).toBe(null);
    expect(await verifyAudit(store.audit)).toMatchObject({ ok: true, personsErased: 2 });
  });

  it('keeps sessions as they are', async () => {
    expect(await store.sessions.findSession('session')).toMatchObject({ permissions: ['a.read'], endedAtMs: null });
  });
});
