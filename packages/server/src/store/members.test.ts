/** Teams on both databases: what ends with a team, and who wins if two do the same thing at once. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { created } from '../../test/created.ts';
import { eachDatabase } from '../../test/databases.ts';
import type { EventDraft } from '../core/audit/event.ts';
import type { Change } from '../core/revocations/change.ts';
import type { NewInvitation } from '../core/teams/invitation.ts';
import type { Role } from '../core/teams/member.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const ROUNDS = 20;
const hex = () => randomBytes(32).toString('hex');
const event = (name: EventDraft['event']): EventDraft => ({
  event: name,
  atMs: NOW,
  by: { actor: 'operator', requestId: null, person: {} },
});

eachDatabase('teams', (makeDatabase) => {
  let store: OpenedStore;
  let other: OpenedStore;
  beforeAll(async () => {
    const database = await makeDatabase();
    [store, other] = [await database.open(), await database.open()];
  });

  const newUser = async (isAdministrator = false) => {
    const email = `${hex()}@example.com`;
    const user = await store.accounts.createUser({
      user: {
        email,
        emailKey: email,
        passwordHash: 'hash',
        displayName: 'A',
        firstName: '',
        lastName: '',
        isAdministrator,
        createdAtMs: NOW,
      },
      event: event('user.created'),
    });
    if (user === null) throw new Error('taken');
    return user;
  };
  const newTeam = async (ownerId: number): Promise<number> => {
    const team = await store.members.createTeam({
      name: 'Team',
      ownerId,
      limit: 100,
      nowMs: NOW,
      event: event('account.created'),
    });
    if (typeof team === 'string') throw new Error(team);
    return team.id;
  };
  const newInvitation = (email: string, invitedBy: number, role: Role = 'viewer'): NewInvitation => ({
    email,
    emailKey: email,
    role,
    invitedBy,
    ticketHash: hex(),
    createdAtMs: NOW,
    expiresAtMs: NOW + DAY,
  });
  const invite = async (accountId: number, invitation: NewInvitation, through = store) => {
    const sent = event('invitation.sent');
    return await through.invitations.invite({ accountId, invitation, limit: 100, usersOnly: false, event: sent });
  };
  const accept = (ticketHash: string, userId: number, through = store) =>
    through.invitations.acceptInvitation({ ticketHash, userId, nowMs: NOW, event: event('invitation.accepted') });
  const join = async (accountId: number, ownerId: number, role: Role) => {
    const user = await newUser();
    const invitation = newInvitation(user.email, ownerId, role);
    await invite(accountId, invitation);
    expect(await accept(invitation.ticketHash, user.id)).toEqual({ accountId });
    return user;
  };
  const change = (through: OpenedStore, accountId: number, actorId: number, userId: number, role: Role | null) =>
    through.members.changeMember({ accountId, actorId, userId, role, event: event('member.role_changed') });
  const owners = async (accountId: number): Promise<number[]> =>
    (await store.members.listMembers({ id: accountId, kind: 'team' }, { limit: 1000 }))
      .filter(({ role }) => role === 'owner')
      .map(({ userId }) => userId);

  const ticketsOf = async (owner: { id: number }, team: number, role: Role = 'viewer') => {
    const guest = await newUser();
    const invitation = newInvitation(guest.email, owner.id, role);
    const sent = await invite(team, invitation);
    if (typeof sent === 'string') throw new Error(sent);
    return { guest, ticket: invitation.ticketHash, sent };
  };

  it('end the open invitations of whoever is removed, leaves, is disabled or deleted, and say which', async () => {
    const ways: ((team: number, a: number, b: number) => Promise<unknown>)[] = [
      (team, a, b) => change(store, team, a, b, null),
      (team, _a, b) => change(store, team, b, b, null),
      (team, a, b) => change(store, team, a, b, 'developer'),
      (_team, _a, b) =>
        store.accounts.setUserDisabled({
          userId: b,
          disabled: true,
          nowMs: NOW,
          event: event('user.disabled'),
        }),
      (_team, _a, b) => store.profile.deleteUser({ userId: b, nowMs: NOW, event: event('user.deleted') }),
    ];
    for (const [index, way] of ways.entries()) {
      const a = await newUser();
      const team = await newTeam(a.id);
      const b = await join(team, a.id, 'admin');
      const { guest, ticket, sent } = await ticketsOf(b, team);
      const kept = await ticketsOf(a, team);
      const outcome = await way(team, a.id, b.id);
      if (index < 3) expect(outcome).toEqual({ endedInvitations: [{ id: sent.id, email: guest.email, role: 'viewer' }] });
      expect((await store.invitations.listInvitations(team, NOW)).map(({ id }) => id)).toEqual([kept.sent.id]);
      expect(await store.invitations.findInvitationByTicket(ticket, NOW)).toBeNull();
      expect(await accept(ticket, guest.id)).toBe('gone');
      expect(await accept(kept.ticket, kept.guest.id)).toEqual({ accountId: team });
    }
  });

  it('end what an owner invited to when they become an admin, and keep what an admin may invite to', async () => {
    const a = await newUser();
    const team = await newTeam(a.id);
    const b = await join(team, a.id, 'viewer');
    const [owner, developer] = [await ticketsOf(a, team, 'owner'), await ticketsOf(a, team, 'developer')];
    const transfer = { accountId: team, actorId: a.id, userId: b.id, event: event('account.transferred') };
    expect(await store.members.transferTeam(transfer)).toEqual({
      endedInvitations: [{ id: owner.sent.id, email: owner.guest.email, role: 'owner' }],
    });
    expect(await accept(owner.ticket, owner.guest.id)).toBe('gone');
    expect(await accept(developer.ticket, developer.guest.id)).toEqual({ accountId: team });
  });

  it('let in through an invitation, or end it with its sender, when both happen at once: never both', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const a = await newUser();
      const team = await newTeam(a.id);
      const b = await join(team, a.id, 'admin');
      const { guest, ticket } = await ticketsOf(b, team);
      const disabling = { userId: b.id, disabled: true, nowMs: NOW, event: event('user.disabled') };
      const [accepted] = await Promise.all([
        accept(ticket, guest.id),
        round % 2 === 0 ? change(other, team, a.id, b.id, null) : other.accounts.setUserDisabled(disabling),
      ]);
      const isMember = (await store.members.membersAmong({ id: team, kind: 'team' }, [guest.id])).has(guest.id);
      expect(isMember).toBe(typeof accepted === 'object');
      expect(await store.invitations.listInvitations(team, NOW)).toEqual([]);
      expect(await accept(ticket, guest.id)).toBe('gone');
    }
  });

  it('always have an owner, however two of them leave, step down, remove each other or hand over at once', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const a = await newUser();
      const team = await newTeam(a.id);
      const b = await join(team, a.id, 'owner');
      const ways = [
        () => Promise.all([change(store, team, a.id, a.id, null), change(other, team, b.id, b.id, null)]),
        () => Promise.all([change(store, team, a.id, a.id, 'admin'), change(other, team, b.id, b.id, 'admin')]),
        () => Promise.all([change(store, team, a.id, b.id, null), change(other, team, b.id, a.id, null)]),
        () => Promise.all([change(store, team, a.id, b.id, 'viewer'), change(other, team, b.id, b.id, null)]),
      ];
      const outcomes = await ways[round % ways.length]?.();
      expect(outcomes?.filter((outcome) => typeof outcome === 'object').length, `${outcomes}`).toBeGreaterThan(0);
      expect((await owners(team)).length, `${outcomes}`).toBeGreaterThan(0);
    }
  });

  it('have an owner also when one of two deletes themself while the other goes, and when a team is made in that moment', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const a = await newUser();
      const team = await newTeam(a.id);
      const b = await join(team, a.id, 'owner');
      const deletion = { userId: a.id, nowMs: NOW, event: event('user.deleted') };
      const ways = [
        () => change(other, team, b.id, b.id, null),
        () => change(other, team, b.id, b.id, 'viewer'),
        () => change(other, team, b.id, a.id, 'viewer'),
        () => other.members.createTeam({ name: 'New', ownerId: a.id, limit: 100, nowMs: NOW, event: event('account.created') }),
      ];
      const way = ways[round % ways.length];
      const [deleted, outcome] = await Promise.all([store.profile.deleteUser(deletion), way?.()]);
      const made = typeof outcome === 'object' && 'id' in outcome ? outcome.id : null;
      expect((await owners(team)).length, `${deleted}, ${JSON.stringify(outcome)}`).toBeGreaterThan(0);
      if (made !== null) expect(await owners(made), `${deleted}`).toEqual([a.id]);
    }
  });

  it('are not handed to somebody who is shut out', async () => {
    const a = await newUser();
    const team = await newTeam(a.id);
    const b = await join(team, a.id, 'admin');
    const disabled = { userId: b.id, disabled: true, nowMs: NOW, event: event('user.disabled') };
    expect(await store.accounts.setUserDisabled(disabled)).toBe('done');
    const handing = { accountId: team, actorId: a.id, userId: b.id, event: event('account.transferred') };
    expect(await store.members.transferTeam(handing)).toBe('last_owner');
    expect(await owners(team)).toEqual([a.id]);
  });

  it('do not count an owner who is shut out', async () => {
    const a = await newUser();
    const team = await newTeam(a.id);
    const b = await join(team, a.id, 'owner');
    const disabled = { userId: b.id, disabled: true, nowMs: NOW, event: event('user.disabled') };
    expect(await store.accounts.setUserDisabled(disabled)).toBe('done');
    expect(await change(store, team, a.id, a.id, null)).toBe('last_owner');
  });

  it('are suspended with an owner who is shut out in the moment in which the team becomes theirs', async () => {
    for (let round = 0; round < ROUNDS * 4; round++) {
      const a = await newUser();
      const team = await newTeam(a.id);
      const b = await join(team, a.id, 'admin');
      const handing = { accountId: team, actorId: a.id, userId: b.id, event: event('account.transferred') };
      const promoting = async () => {
        await change(other, team, a.id, b.id, 'owner');
        await change(other, team, a.id, a.id, null);
      };
      const ways = [() => other.members.transferTeam(handing), promoting];
      const disabling = { userId: b.id, disabled: true, nowMs: NOW, event: event('user.disabled') };
      await Promise.all([ways[round % ways.length]?.(), store.accounts.setUserDisabled(disabling)]);
      const isHeldByB = (await owners(team)).every((id) => id === b.id);
      expect(await store.accounts.accountState(team), `round ${round}`).toBe(isHeldByB ? 'suspended' : 'active');
    }
  });

  it('let one of many in with one link', async () => {
    const a = await newUser();
    const team = await newTeam(a.id);
    const b = await newUser();
    const invitation = newInvitation(b.email, a.id);
    await invite(team, invitation);
    const tries = Array.from({ length: 10 }, (_, index) => accept(invitation.ticketHash, b.id, index % 2 === 0 ? store : other));
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome !== 'gone')).toEqual([{ accountId: team }]);
  });

  it('have one open invitation for one address, however many are sent at once', async () => {
    const a = await newUser();
    const team = await newTeam(a.id);
    const email = `${hex()}@example.com`;
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, index) => invite(team, newInvitation(email, a.id), index % 2 === 0 ? store : other)),
    );
    expect(outcomes.filter((outcome) => outcome === 'open')).toHaveLength(5);
    expect(await store.invitations.listInvitations(team, NOW)).toHaveLength(1);
  });

  it('end as a whole: keys, JWTs, invitations and memberships, with one change that every server hears', async () => {
    const heard: Change[] = [];
    store.changes.onCommitted((changes) => void heard.push(...changes));
    const a = await newUser();
    const team = await newTeam(a.id);
    const b = await join(team, a.id, 'developer');
    const hash = hex();
    const key = await created(
      store.credentials.issue({
        credential: {
          kind: 'key',
          environment: 'live',
          accountId: team,
          userId: null,
          name: 'key',
          source: 'dashboard',
          permissions: null,
          addresses: null,
          hash,
          createdAtMs: NOW,
          expiresAtMs: null,
        },
        event: event('key.created'),
      }),
    );
    const mint = (keyHash: string) =>
      store.jwts.recordJwt({
        jwt: {
          jti: randomBytes(16).toString('base64url'),
          keyId: key.id,
          accountId: team,
          subject: null,
          permissions: ['a.read'],
          signingKeyId: 'kid',
          issuedAtMs: NOW,
          expiresAtMs: NOW + DAY,
        },
        expected: { permissions: null, addresses: null, hash: keyHash },
        limit: 100,
        nowMs: NOW,
        event: event('jwt.minted'),
      });
    expect(await mint(hash)).toBe('recorded');
    const invited = await newUser();
    const invitation = newInvitation(invited.email, a.id);
    await invite(team, invitation);

    heard.length = 0;
    const deletion = { accountId: team, nowMs: NOW, event: event('account.deleted') };
    expect(await store.members.deleteTeam({ ...deletion, actorId: b.id })).toBe('not_allowed');
    expect(await store.members.deleteTeam({ ...deletion, actorId: a.id })).toBe('done');
    expect(heard).toEqual([expect.objectContaining({ kind: 'account', id: String(team), beforeMs: expect.any(Number) })]);
    // For good, and while a JWT of it may be valid.
    expect(heard[0]?.beforeMs).toBeGreaterThan(NOW + 366 * DAY);

    expect((await store.credentials.findKeyByHash(hash))?.ownerDisabledAtMs).toBe(NOW);
    expect((await store.credentials.getCredential('key', key.id))?.revokedAtMs).toBe(NOW);
    expect(await mint(hash)).toBe('key_changed');
    expect(await store.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: false, limit: 10 })).toEqual([]);
    expect(await accept(invitation.ticketHash, invited.id)).toBe('gone');
    expect(await store.tickets.findTicket('invitation', invitation.ticketHash, NOW)).toBeNull();
    expect(await store.members.findAccountOf({ id: a.id, isAdministrator: false }, team)).toBeNull();
    expect((await store.members.accountsOf({ id: b.id, isAdministrator: false })).map(({ id }) => id)).not.toContain(team);
    expect(await store.members.deleteTeam({ ...deletion, actorId: a.id })).toBe('gone');
    const [last] = await store.audit.list({ accountId: team, limit: 1 });
    expect([last?.event, JSON.parse(last?.details ?? '')]).toEqual(['account.deleted', { keys: 1 }]);
  });

  it('end a key that is made in the very moment in which its team ends', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const a = await newUser();
      const team = await newTeam(a.id);
      const hash = hex();
      const credential = {
        kind: 'key',
        environment: 'live',
        accountId: team,
        userId: null,
        name: 'key',
        source: 'dashboard',
        permissions: null,
        addresses: null,
        hash,
        createdAtMs: NOW,
        expiresAtMs: null,
      } as const;
      await Promise.all([
        store.credentials.issue({ credential, event: event('key.created') }),
        other.members.deleteTeam({
          accountId: team,
          actorId: a.id,
          nowMs: NOW,
          event: event('account.deleted'),
        }),
      ]);
      const made = await store.credentials.findKeyByHash(hash);
      // Before the team ended, and then it ended with it, or never.
      if (made !== null) expect([made.ownerDisabledAtMs, made.revokedAtMs]).toEqual([NOW, NOW]);
    }
  });

  it('find people by id and by the beginning of address or name, whatever the case, page by page', async () => {
    const mark = randomBytes(4).toString('hex');
    const make = async (email: string, displayName: string) => {
      const user = await store.accounts.createUser({
        user: {
          email,
          emailKey: email.toLowerCase(),
          passwordHash: 'hash',
          displayName,
          firstName: '',
          lastName: '',
          isAdministrator: false,
          createdAtMs: NOW,
        },
        event: event('user.created'),
      });
      return user?.id ?? 0;
    };
    const ada = await make(`Ada.${mark}@example.com`, `Äda ${mark}`);
    const bo = await make(`bo.${mark}@example.com`, `ada.${mark} the Second`);
    const under = await make(`a_a.${mark}@example.com`, 'Nobody');
    const find = async (query: string, more = {}) =>
      (await store.administration.findUsers({ query, limit: 10, ...more })).map(({ id }) => id);
    expect(await find(`ADA.${mark}`)).toEqual([bo, ada]);
    expect(await find(`ada.${mark}`, { limit: 1 })).toEqual([bo]);
    expect(await find(`ada.${mark}`, { beforeId: bo })).toEqual([ada]);
    expect(await find(`Äda ${mark}`)).toEqual([ada]);
    expect(await find(`a_a.${mark}`)).toEqual([under]);
    expect(await find(`a%${mark}`)).toEqual([]);
    expect(await find(String(bo))).toContain(bo);
    expect(await find(`${mark}`)).toEqual([]);
  });

  it('never leave the platform without an administrator, whoever takes the flag from whom', async () => {
    const flag = (through: OpenedStore, actorId: number, userId: number, isAdministrator: boolean) =>
      through.administration.setAdministrator({
        userId,
        actorId,
        isAdministrator,
        nowMs: NOW,
        event: event('user.administrator_set'),
      });
    const root = await newUser(true);
    expect(await flag(store, root.id, root.id, false)).toBe('last');
    for (let round = 0; round < ROUNDS; round++) {
      const a = round === 0 ? root : await newUser(true);
      const administrators = await store.members.listMembers({ id: 1, kind: 'operator' }, { limit: 1000 });
      const others = administrators.filter(({ userId }) => userId !== a.id);
      for (const { userId } of others) await flag(store, a.id, userId, false);
      const b = await newUser();
      expect(await flag(store, a.id, b.id, true)).toBe('done');
      const crossed = round % 3 === 0;
      const disable = (through: OpenedStore, administratorId: number, userId: number) =>
        through.accounts.setUserDisabled({
          userId,
          disabled: true,
          administratorId,
          nowMs: NOW,
          event: event('user.disabled'),
        });
      await (round % 3 === 2
        ? Promise.all([disable(store, a.id, b.id), disable(other, b.id, a.id)])
        : Promise.all([flag(store, a.id, crossed ? b.id : a.id, false), flag(other, b.id, crossed ? a.id : b.id, false)]));
      expect(await store.accounts.countAdministrators()).toBeGreaterThan(0);
    }
  });

  it('let nobody in by an invitation to register whose administrator is none any more', async () => {
    const [a, b] = [await newUser(true), await newUser(true)];
    const email = `${hex()}@example.com`;
    const invitation = newInvitation(email, b.id);
    await store.invitations.inviteToRegister({ invitation, event: event('invitation.sent') });
    const set = { userId: b.id, actorId: a.id, isAdministrator: false, nowMs: NOW, event: event('user.administrator_set') };
    expect(await store.administration.setAdministrator(set)).toBe('done');
    expect(await store.invitations.findInvitationByTicket(invitation.ticketHash, NOW)).toBeNull();
    expect(await store.invitations.inviteToRegister({ invitation, event: event('invitation.sent') })).toBe('not_allowed');
  });
});
