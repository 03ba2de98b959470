import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mailsOf, mailTo, newMember, newTeam, verdictOf } from '../../../test/house-things.ts';
import { hashSecret } from './verify.ts';

const WHOLE = { name: 'deploy', permissions: null, addresses: null, expiresAtMs: null } as const;

describe('creating a key', () => {
  it('gives a text that works at once, keeps only its hash, and is on record with who made it', async () => {
    const { keyhouse, clock, store, ...house } = await openHouse();
    const { accountId, id: userId } = await house.user();
    const wish = { ...WHOLE, accountId, environment: 'test', source: 'dashboard', permissions: ['invoices.read'] } as const;
    const made = await keyhouse.credentials.createKey(wish, asUser({ id: userId }));
    if (!made.ok) throw new Error(made.reason);
    const { key, text } = made.value;
    expect(text).toMatch(/^kh_test_/);
    expect(key).toEqual({
      ...{ id: key.id, kind: 'key', environment: 'test', accountId, userId: null, name: 'deploy', source: 'dashboard' },
      ...{ permissions: ['invoices.read'], addresses: null, hash: hashSecret(text) },
      ...{ previousHash: null, previousEndsAtMs: null, createdAtMs: clock.now(), rotatedAtMs: null, expiresAtMs: null },
      ...{ revokedAtMs: null, createdBy: `user:${userId}`, permissionsChangedAtMs: null },
    });
    expect(await verdictOf({ keyhouse, clock, store, ...house }, text)).toBe('ok');
    const [event] = await store.audit.list({ credentialId: key.id, limit: 10 });
    expect(event).toMatchObject({ event: 'key.created', actor: `user:${userId}`, accountId, credentialId: key.id });
    expect(JSON.parse(event?.details ?? '')).toEqual({
      ...{ environment: 'test', permissions: ['invoices.read'], addresses: null, expiresAtMs: null, source: 'dashboard' },
    });
  });

  it('lets it work until it expires, and not from then on', async () => {
    const house = await openHouse();
    const { accountId } = await house.user();
    const { text } = await house.key(accountId, { expiresAtMs: house.clock.now() + 5000 });
    house.clock.atMs += 4999;
    expect(await verdictOf(house, text)).toBe('ok');
    house.clock.atMs += 1;
    expect(await verdictOf(house, text)).toBe('expired');
  });

  it('names every fault of a wish at once, and creates nothing', async () => {
    const { keyhouse, clock, ...house } = await openHouse();
    const { accountId } = await house.user();
    const wish = { name: ' ', permissions: ['keyhouse.verify'], addresses: ['203.0.113.7/24'], expiresAtMs: clock.now() };
    const made = await keyhouse.credentials.createKey({ ...wish, accountId, environment: 'live', source: 'dashboard' }, OPERATOR);
    expect(made).toMatchObject({ ok: false, reason: 'invalid' });
    const fields = !made.ok && made.reason === 'invalid' ? made.faults.map(({ field }) => field) : [];
    expect(fields).toEqual(['name', 'permissions', 'addresses', 'expires']);
    expect(await keyhouse.credentials.list({ kind: 'key', accountId, withRevoked: true, limit: 10 })).toEqual([]);
    expect(await house.events(accountId)).toEqual(['user.created']);
  });

  it('creates none in an account that is suspended, whose user is disabled, or that was deleted', async () => {
    const house = await openHouse();
    const { keyhouse } = house;
    const [suspended, disabled, owner] = [await house.user(), await house.user(), await house.user()];
    const team = await newTeam(house, owner);
    await keyhouse.administration.suspendAccount({ accountId: suspended.accountId, reason: null, by: OPERATOR });
    await keyhouse.users.disable({ userId: disabled.id, by: OPERATOR });
    await keyhouse.teams.delete({ accountId: team.id, actorId: owner.id, by: asUser(owner) });
    const create = async (accountId: number) => {
      const wish = { ...WHOLE, accountId, environment: 'live', source: 'command-line' } as const;
      const made = await keyhouse.credentials.createKey(wish, OPERATOR);
      return made.ok ? 'ok' : made.reason;
    };
    expect(await create(suspended.accountId)).toBe('suspended');
    expect(await create(disabled.accountId)).toBe('disabled');
    expect(await create(team.id)).toBe('deleted');
    expect((await mailsOf(house)).filter(({ kind }) => kind === 'credential-made')).toEqual([]);
  });
});

describe('creating a token', () => {
  it('gives a text with the id of the token, for its user and in the personal account', async () => {
    const house = await openHouse();
    const { keyhouse } = house;
    const user = await house.user();
    const wish = { ...WHOLE, accountId: user.accountId, userId: user.id, source: 'dashboard' } as const;
    const made = await keyhouse.credentials.createToken(wish, asUser(user));
    if (!made.ok) throw new Error(made.reason);
    const { token, text } = made.value;
    expect(text.startsWith(`${token.id}|`)).toBe(true);
    expect(token).toMatchObject({
      kind: 'token',
      environment: 'live',
      accountId: user.accountId,
      userId: user.id,
    });
    expect(token.hash).toBe(hashSecret(text.slice(`${token.id}|`.length)));
    expect(await verdictOf(house, text)).toBe('ok');
    expect((await house.events(user.accountId))[0]).toBe('token.created');
  });
});

describe('who hears that a key was created', () => {
  it('owners and admins of its account do, developers and disabled owners do not', async () => {
    const house = await openHouse();
    const { keyhouse } = house;
    const owner = await house.user();
    const team = await newTeam(house, owner);
    const admin = await newMember(house, team, owner, 'admin');
    const developer = await newMember(house, team, owner, 'developer');
    const second = await newMember(house, team, owner, 'owner');
    await keyhouse.users.disable({ userId: second.id, by: OPERATOR });
    await house.key(team.id);
    const told = async () => (await mailsOf(house)).filter(({ kind }) => kind === 'credential-made').map(({ to }) => to);
    expect(await told()).toEqual([owner.email, admin.email]);
    expect(await mailTo(house, owner.email, 'credential-made')).toContain('Engines');
    const wish = { ...WHOLE, accountId: team.id, environment: 'live', source: 'dashboard' } as const;
    await keyhouse.credentials.createKey(wish, asUser(developer));
    expect(await told()).toEqual([owner.email, admin.email, owner.email, admin.email, developer.email]);
  });

  it('tells each person once, also the owner who creates it, and the user of a token alone', async () => {
    const house = await openHouse();
    const { keyhouse } = house;
    const user = await house.user();
    const key = { ...WHOLE, accountId: user.accountId, environment: 'live', source: 'dashboard' } as const;
    await keyhouse.credentials.createKey(key, asUser(user));
    expect(await mailsOf(house)).toEqual([{ kind: 'credential-made', to: user.email }]);
    await keyhouse.credentials.createToken(
      { ...WHOLE, accountId: user.accountId, userId: user.id, source: 'command-line' },
      OPERATOR,
    );
    expect(await mailsOf(house)).toEqual([
      { kind: 'credential-made', to: user.email },
      { kind: 'credential-made', to: user.email },
    ]);
  });
});
