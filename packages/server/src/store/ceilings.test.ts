/**
 * How many of a kind an account or user may have at the same time, on both databases; and that two requests at once do not both
 * get the last place.
 */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { created } from '../../test/created.ts';
import { eachDatabase } from '../../test/databases.ts';
import { type Application, DEFAULT_SETTINGS } from '../core/applications/application.ts';
import { bindApplications } from '../core/applications/applications.ts';
import type { EventDraft } from '../core/audit/event.ts';
import type { NewCredential } from '../core/credentials/credential.ts';
import { issueKey } from '../core/credentials/issue.ts';
import { CEILINGS } from '../core/lib/ceilings.ts';
import { DAY_MS } from '../core/lib/clock.ts';
import type { User } from '../core/users/account.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const REDIRECT = 'https://reader.example.com/cb';
const hex = (): string => randomBytes(32).toString('hex');
const by = { actor: 'operator', requestId: null, person: {} } as const;
const event = (name: EventDraft['event']): EventDraft => ({ event: name, atMs: NOW, by });
const range = (count: number): readonly number[] => [...Array(count).keys()];

eachDatabase('ceilings', (makeDatabase) => {
  let store: OpenedStore;
  let other: OpenedStore;
  beforeAll(async () => {
    const database = await makeDatabase();
    [store, other] = [await database.open(), await database.open()];
  });

  async function newUser(): Promise<User> {
    const email = `${hex()}@example.com`;
    const names = { displayName: 'Ada', firstName: '', lastName: '' };
    return await created(
      store.accounts.createUser({
        user: { ...names, email, emailKey: email, passwordHash: 'hash', isAdministrator: false, createdAtMs: NOW },
        event: event('user.created'),
      }),
    );
  }
  const credential = (more: Partial<NewCredential> & Pick<NewCredential, 'accountId'>): NewCredential => ({
    kind: 'key',
    environment: 'live',
    userId: null,
    name: 'x',
    source: 'dashboard',
    permissions: null,
    addresses: null,
    hash: hex(),
    createdAtMs: NOW,
    expiresAtMs: null,
    ...more,
  });
  const newKey = (through: OpenedStore, accountId: number, limit: number, more: Partial<NewCredential> = {}) =>
    through.credentials.issue({ credential: credential({ accountId, ...more }), limit, event: event('key.created') });
  const newToken = (through: OpenedStore, { id, accountId }: User, limit: number) =>
    through.credentials.issue({
      credential: credential({ kind: 'token', accountId, userId: id }),
      limit,
      event: event('token.created'),
    });
  const logIn = (user: User, atMs: number) =>
    created(
      store.credentials.issueAtSignIn({
        userId: user.id,
        passwordHash: 'hash',
        secondFactor: false,
        addressHash: null,
        token: { ...credential({ kind: 'token', accountId: user.accountId }), source: 'login', createdAtMs: atMs },
        events: [event('token.created')],
      }),
    );
  const openSignIn = async (user: User, atMs = NOW) => {
    const hash = hex();
    const times = { createdAtMs: atMs, lastSeenAtMs: atMs, provedAtMs: atMs };
    const { id } = await created(
      store.signIns.openSignIn({
        signIn: { ...times, userId: user.id, hash, methods: ['password'], address: null, userAgent: null },
        passwordHash: null,
        browserHash: null,
        addressHash: null,
        event: event('user.signed_in'),
      }),
    );
    return { id, hash };
  };
  /** How many of those that ask at the same moment are refused. */
  const refusedOf = (outcomes: readonly unknown[], refusal: string): number =>
    outcomes.filter((outcome) => outcome === refusal).length;

  it('refuse one more key of an account, and of two at once one', async () => {
    const { accountId } = await newUser();
    const first = await created(newKey(store, accountId, 3));
    await created(newKey(store, accountId, 3, { expiresAtMs: NOW + 1 }));
    expect(refusedOf(await Promise.all([newKey(store, accountId, 3), newKey(other, accountId, 3)]), 'too_many')).toBe(1);
    // Another account has its own places, and an expired or revoked one takes none.
    await created(newKey(store, (await newUser()).accountId, 3));
    await created(newKey(store, accountId, 3, { createdAtMs: NOW + 2 }));
    expect(await newKey(store, accountId, 3, { createdAtMs: NOW + 2 })).toBe('too_many');
    await store.credentials.revoke({ kind: 'key', id: first.id, nowMs: NOW, event: event('key.revoked') });
    await created(newKey(store, accountId, 3, { createdAtMs: NOW + 2 }));
  });

  it('tell the refusal where the wish is typed', async () => {
    const { accountId } = await newUser();
    await created(newKey(store, accountId, 1));
    const issue: typeof store.credentials.issue = (input) => store.credentials.issue({ ...input, limit: 1 });
    const ports = {
      credentials: { ...store.credentials, issue },
      clock: { now: () => NOW },
      permissionExists: () => true,
      notify: async () => [],
    };
    const wish = { accountId, name: 'x', permissions: null, addresses: null, expiresAtMs: null, source: 'dashboard' } as const;
    expect(await issueKey(ports, { ...wish, environment: 'live' }, by)).toMatchObject({
      ok: false,
      reason: 'invalid',
      faults: [{ field: 'name', sentence: expect.stringContaining('1,000 keys') }],
    });
  });

  it('refuse one more token of a person, and count none that came from a log-in', async () => {
    const user = await newUser();
    await logIn(user, NOW);
    await created(newToken(store, user, 2));
    expect(refusedOf(await Promise.all([newToken(store, user, 2), newToken(other, user, 2)]), 'too_many')).toBe(1);
  });

  it('end the token of a log-in that was unused for longest, and tell why', async () => {
    const user = await newUser();
    const used = await logIn(user, NOW);
    const forgotten = await logIn(user, NOW + 1);
    const later = NOW + DAY_MS;
    const previous = { previousRequests: 0, previousLastUsedAtMs: null, previousLastAddress: null, previousLastUserAgent: null };
    const use = {
      ...previous,
      credentialId: used.token.id,
      requests: 1,
      lastUsedAtMs: later,
      lastAddress: null,
      lastUserAgent: null,
    };
    await store.credentials.recordUse({ uses: [{ ...use, day: Math.floor(later / DAY_MS) }], permissions: [] });
    for (const index of range(CEILINGS.logInTokensOfUser - 2)) await logIn(user, NOW + 2 + index);
    // One that the user created is none of these, however old it is.
    const own = await created(newToken(store, user, 9));
    const living = async () =>
      (await store.credentials.listCredentials({ kind: 'token', userId: user.id, withRevoked: false, limit: 1000 })).map(
        ({ id }) => id,
      );
    expect(await living()).toHaveLength(CEILINGS.logInTokensOfUser + 1);
    await logIn(user, later);
    expect(await living()).toHaveLength(CEILINGS.logInTokensOfUser + 1);
    expect(await living()).not.toContain(forgotten.token.id);
    expect(await living()).toContain(used.token.id);
    expect(await living()).toContain(own.id);
    const events = await store.audit.list({ accountId: user.accountId, event: 'token.revoked', limit: 10 });
    expect(events).toMatchObject([{ actor: 'server' }]);
    expect(JSON.stringify(events)).toContain('too-many-log-ins');
  });

  it('refuse one more invitation of a team, until one is taken back, and of two at once one', async () => {
    const owner = await newUser();
    const team = await created(
      store.members.createTeam({ name: 'Engines', ownerId: owner.id, limit: 9, nowMs: NOW, event: event('account.created') }),
    );
    const invite = (through: OpenedStore, atMs = NOW) => {
      const email = `${hex()}@example.com`;
      const invitation = { email, emailKey: email, role: 'viewer', invitedBy: owner.id, ticketHash: hex() } as const;
      return through.invitations.invite({
        accountId: team.id,
        invitation: { ...invitation, createdAtMs: atMs, expiresAtMs: atMs + DAY_MS },
        usersOnly: false,
        limit: 1000,
        ceiling: 3,
        event: event('invitation.sent'),
      });
    };
    for (const _ of range(2)) await created(invite(store));
    expect(refusedOf(await Promise.all([invite(store), invite(other)]), 'full')).toBe(1);
    await created(invite(store, NOW + DAY_MS + 1));
  });

  it('refuse one more team of an owner by every way to own one, and of two at once one', async () => {
    const [giver, owner] = [await newUser(), await newUser()];
    const create = async (ownerId: number): Promise<number> => {
      const limit = CEILINGS.teamsOfOwner;
      const more = { name: 'Engines', limit, nowMs: NOW, event: event('account.created') };
      return (await created(store.members.createTeam({ ...more, ownerId }))).id;
    };
    for (const _ of range(CEILINGS.teamsOfOwner - 1)) await create(owner.id);
    const invite = async (team: number, role: 'viewer' | 'owner'): Promise<string> => {
      const ticketHash = hex();
      const { email } = owner;
      const times = { createdAtMs: NOW, expiresAtMs: NOW + DAY_MS };
      const invitation = { email, emailKey: email, role, invitedBy: giver.id, ticketHash, ...times };
      const input = { accountId: team, invitation, usersOnly: false, limit: 1000, event: event('invitation.sent') };
      await created(store.invitations.invite(input));
      return ticketHash;
    };
    const accept = (through: OpenedStore, ticketHash: string) =>
      through.invitations.acceptInvitation({ ticketHash, userId: owner.id, nowMs: NOW, event: event('invitation.accepted') });
    const promote = (through: OpenedStore, accountId: number) =>
      through.members.changeMember({
        ...{ accountId, actorId: giver.id, userId: owner.id, role: 'owner' },
        event: event('member.role_changed'),
      });
    const teams = [await create(giver.id), await create(giver.id), await create(giver.id)] as const;
    for (const team of teams.slice(0, 2)) expect(await accept(store, await invite(team, 'viewer'))).toEqual({ accountId: team });
    const outcomes = await Promise.all([promote(store, teams[0]), promote(other, teams[1])]);
    expect(outcomes.filter((outcome) => outcome === 'too_many')).toHaveLength(1);
    const left = outcomes[0] === 'too_many' ? teams[0] : teams[1];
    const handing = { accountId: left, actorId: giver.id, userId: owner.id, event: event('account.transferred') };
    expect(await store.members.transferTeam(handing)).toBe('too_many');
    const ticket = await invite(teams[2], 'owner');
    expect(await accept(store, ticket)).toBe('too_many');
    // The link stays valid for the day on which there is room.
    const one = outcomes[0] === 'too_many' ? teams[1] : teams[0];
    await other.members.changeMember({
      ...{ accountId: one, actorId: giver.id, userId: owner.id, role: null },
      event: event('member.removed'),
    });
    expect(await accept(store, ticket)).toEqual({ accountId: teams[2] });
  });

  it('refuse one more passkey of a person, and of two at once one', async () => {
    const user = await newUser();
    const add = (through: OpenedStore) => {
      const id = randomBytes(16).toString('base64url');
      const fixed = { name: 'Laptop', publicKey: 'key', counter: 0, transports: ['internal'], synced: false, lastUsedAtMs: null };
      const passkey = { ...fixed, id, userId: user.id, createdAtMs: NOW };
      return through.factors.addPasskey({ passkey, event: event('user.passkey_added') });
    };
    for (const _ of range(CEILINGS.passkeysOfUser - 1)) expect(await add(store)).toBe(true);
    expect(refusedOf(await Promise.all([add(store), add(other)]), 'too_many')).toBe(1);
    expect(await store.factors.listPasskeys(user.id)).toHaveLength(CEILINGS.passkeysOfUser);
  });

  it('end the sign-in that was not seen for longest, and the second step that waits for longest', async () => {
    const user = await newUser();
    const signIns: { readonly hash: string }[] = [];
    for (const index of range(CEILINGS.signInsOfUser + 1)) signIns.push(await openSignIn(user, NOW + index));
    const always = { seenMs: 0, createdMs: 0 };
    const lives = async (index: number) => (await store.signIns.findSignIn(signIns[index]?.hash ?? '', always)) !== null;
    expect([await lives(0), await lives(1), await lives(CEILINGS.signInsOfUser)]).toEqual([false, true, true]);

    const tickets = range(CEILINGS.secondStepsOfUser + 1).map(() => hex());
    for (const [index, hash] of tickets.entries()) {
      const ticket = {
        hash,
        purpose: 'second-factor',
        userId: user.id,
        data: {},
        createdAtMs: NOW + index,
        endsAtMs: NOW + DAY_MS,
      } as const;
      await store.tickets.issueTicket({ ticket, replace: false, event: null });
    }
    const found = await Promise.all(tickets.map((hash) => store.tickets.findTicket('second-factor', hash, NOW)));
    expect(found.map((ticket) => ticket !== null)).toEqual(tickets.map((_, index) => index > 0));
  });

  it('end the oldest of the codes that wait, and the session that was unused for longest', async () => {
    const user = await newUser();
    const application = await newApplication(store);
    const { id: signInId } = await openSignIn(user);
    const ids = { userId: user.id, applicationId: application.id, accountId: user.accountId, signInId };
    const give = async (nowMs: number) => {
      const hash = hex();
      const asked = { redirectUri: REDIRECT, isRedirectUriNamed: true, challenge: 'c', permissions: [], scopes: [], nonce: null };
      const outcome = await store.grants.giveCode({
        ...ids,
        expects: { redirectUri: REDIRECT, isVerified: application.verifiedAtMs !== null, isFirstParty: false },
        allow: {
          permissions: [],
          declined: [],
          scopes: [],
          provedSinceMs: 0,
          events: { granted: event('grant.made'), widened: event('grant.widened'), repeated: event('grant.widened') },
        },
        code: { hash, data: { ...asked, applicationId: application.id, signedInAtMs: NOW, signInId }, endsAtMs: NOW + DAY_MS },
        nowMs,
      });
      expect(outcome).toBe('given');
      return hash;
    };
    const codes = [];
    for (const index of range(CEILINGS.codesOfUser + 1)) codes.push(await give(NOW + index));
    const waiting = await Promise.all(codes.map((hash) => store.grants.findCode(hash)));
    expect(waiting.map((code) => code !== null)).toEqual(codes.map((_, index) => index > 0));

    const { id: refreshKeyId } = await store.sessions.addRefreshKey({ newestId: null, sealedKey: 'sealed', nowMs: NOW });
    const redeem = async (hash: string, atMs: number) => {
      const id = randomBytes(16).toString('base64url');
      const session = { id, refreshKeyId, salt: randomBytes(16), atMs, address: null, userAgent: null };
      const events = { opened: event('session.opened'), reused: event('session.ended') };
      expect(await store.grants.redeemCode({ hash, session, nowMs: atMs, events })).toMatchObject({ outcome: 'redeemed' });
      return id;
    };
    const sessions = [];
    for (const index of range(CEILINGS.sessionsOfUserWithApplication + 1))
      sessions.push(await redeem(await give(NOW + 100 + index), NOW + 100 + index));
    const ends = [];
    for (const id of [sessions[0], sessions[1]]) ends.push((await store.sessions.findSession(id ?? ''))?.endReason);
    expect(ends).toEqual(['too-many', null]);
    const told = await store.audit.list({ accountId: user.accountId, event: 'session.ended', limit: 10 });
    expect(told).toMatchObject([{ actor: 'server', reason: 'too-many', details: JSON.stringify({ session: sessions[0] }) }]);
  });
});

async function newApplication(store: OpenedStore): Promise<Application> {
  const catalogue = () => ({ exists: () => true, isGrantable: () => true });
  const verbs = bindApplications({ applications: store.applications, clock: { now: () => NOW }, catalogue });
  const settings = { ...DEFAULT_SETTINGS, name: 'Reader', redirectUris: [REDIRECT] };
  const made = await verbs.create({ accountId: 1, kind: 'public', settings }, by);
  if (!made.ok) throw new Error(JSON.stringify(made));
  return made.value.application;
}
