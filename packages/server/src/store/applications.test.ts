/** Applications on both databases: what is stored of them, and what ends with them. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import { png } from '../../test/pictures.ts';
import { type Application, DEFAULT_SETTINGS } from '../core/applications/application.ts';
import { type Applications, bindApplications } from '../core/applications/applications.ts';
import type { By, EventDraft } from '../core/audit/event.ts';
import { hashSecret } from '../core/credentials/verify.ts';
import { CEILINGS } from '../core/lib/ceilings.ts';
import type { Role } from '../core/teams/member.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const BY: By = { actor: 'operator', requestId: null, person: {} };
const PNG = png().toString('base64');
const event = (name: EventDraft['event']): EventDraft => ({ event: name, atMs: NOW, by: BY });

eachDatabase('an application', (makeDatabase) => {
  let store: OpenedStore;
  let verbs: Applications;
  let nowMs = NOW;
  beforeAll(async () => {
    store = await (await makeDatabase()).open();
    const catalogue = () => ({ exists: () => true, isGrantable: () => true });
    verbs = bindApplications({ applications: store.applications, clock: { now: () => nowMs }, catalogue });
  });

  async function newUser() {
    const email = `${randomBytes(8).toString('hex')}@example.com`;
    const names = { displayName: 'Ada', firstName: '', lastName: '' };
    const user = await store.accounts.createUser({
      user: { ...names, email, emailKey: email, passwordHash: 'x', isAdministrator: false, createdAtMs: NOW },
      event: event('user.created'),
    });
    if (user === null) throw new Error('taken');
    return user;
  }
  async function make(wish: Partial<Parameters<Applications['create']>[0]> = {}) {
    const settings = { ...DEFAULT_SETTINGS, name: 'Reader', redirectUris: ['https://reader.example.com/cb'] };
    const made = await verbs.create({ accountId: 1, kind: 'confidential', settings, ...wish }, BY);
    if (!made.ok) throw new Error(JSON.stringify(made));
    return made.value;
  }
  async function newTeam(ownerId: number): Promise<number> {
    const team = await store.members.createTeam({ name: 'Engines', ownerId, limit: 9, nowMs, event: event('account.created') });
    if (typeof team === 'string') throw new Error(team);
    return team.id;
  }
  const join = async (accountId: number, { id, email }: { id: number; email: string }, role: Role, invitedBy: number) => {
    const ticketHash = randomBytes(32).toString('hex');
    const expiresAtMs = NOW + 86_400_000;
    const invitation = { email, emailKey: email, role, invitedBy, ticketHash, createdAtMs: NOW, expiresAtMs };
    await store.invitations.invite({ accountId, invitation, usersOnly: false, limit: 9, event: event('invitation.sent') });
    return await store.invitations.acceptInvitation({ ticketHash, userId: id, nowMs, event: event('invitation.accepted') });
  };
  const change = (accountId: number, actorId: number, userId: number, role: Role | null) =>
    store.members.changeMember({ accountId, actorId, userId, role, event: event('member.role_changed') });
  const secretsOf = async ({ clientId }: Application) => {
    const found = await store.applications.findClient(clientId);
    return found === null ? null : [found.secretHash, found.previousSecretHash, found.previousSecretEndsAtMs];
  };

  it('comes back as it was registered, and with its hashes only where they are asked for', async () => {
    const settings = {
      name: 'Reader',
      homePage: 'https://reader.example.com',
      redirectUris: ['https://reader.example.com/cb', 'http://127.0.0.1/cb'],
      postLogoutRedirectUris: ['https://reader.example.com/bye'],
      allowsSchemesWithoutDot: true,
      idTokenAlgorithm: 'RS256' as const,
      permissions: ['invoices.read', 'invoices.write'],
      optionalPermissions: ['invoices.write'],
      ownPermissions: ['invoices.read'],
      idleSeconds: 3600,
      absoluteSeconds: null,
      jwks: null,
    };
    const { application, secret } = await make({ settings, logo: PNG, isFirstParty: true, isVerified: true });
    expect(application).toMatchObject({ ...settings, accountId: 1, kind: 'confidential', hasLogo: true, isFirstParty: true });
    expect([application.verifiedAtMs, application.secretMadeAtMs]).toEqual([NOW, NOW]);
    expect(await store.applications.findApplication(application.id)).toEqual(application);
    expect(await store.applications.findLogo(application.clientId)).toEqual({ type: 'image/png', base64: PNG });
    expect(await store.applications.findClient(application.clientId)).toEqual({
      ...application,
      accountName: expect.any(String),
      jwtsAfterMs: 0,
      secretHash: hashSecret(secret ?? ''),
      previousSecretHash: null,
    });
    expect(JSON.stringify([application, await store.applications.listApplications({ limit: 5, nowMs: NOW })])).not.toMatch(
      /[Hh]ash/,
    );
    const [told] = await store.audit.list({ event: 'application.created', limit: 1 });
    expect(told).toMatchObject({ accountId: 1, actor: 'operator' });
    expect(told?.details).not.toContain('kh_client');
  });

  it('that is public has no secret, and none can be made for it', async () => {
    const { application, secret } = await make({ kind: 'public' });
    expect([secret, application.secretMadeAtMs]).toEqual([null, null]);
    expect(await verbs.rotateSecret({ application, overlapSeconds: 0 }, BY)).toEqual({ ok: false, reason: 'gone' });
  });

  it('gets a new secret, the old one lives for the overlap, and one before that ends at once', async () => {
    const { application, secret: first } = await make();
    const rotate = async (overlapSeconds: number) => {
      const rotated = await verbs.rotateSecret({ application, overlapSeconds }, BY);
      return rotated.ok ? hashSecret(rotated.value.secret ?? '') : '';
    };
    const second = await rotate(60);
    expect(await secretsOf(application)).toEqual([second, hashSecret(first ?? ''), NOW + 60_000]);
    const third = await rotate(120);
    expect(await secretsOf(application)).toEqual([third, second, NOW + 120_000]);
    expect(await verbs.endSecretOverlap(application, BY)).toBe(true);
    expect(await secretsOf(application)).toEqual([third, null, null]);
    expect(await verbs.endSecretOverlap(application, BY)).toBe(false);
    const fourth = await rotate(0);
    expect(await secretsOf(application)).toEqual([fourth, null, null]);
  });

  it('that had no secret gets its first without one before it', async () => {
    const jwks = {
      keys: [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'a', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }],
    };
    const { application, secret } = await make({ settings: { ...DEFAULT_SETTINGS, name: 'Signer', jwks } });
    expect([secret, application.jwks]).toEqual([null, jwks]);
    const rotated = await verbs.rotateSecret({ application, overlapSeconds: 600 }, BY);
    expect(rotated.ok && rotated.value.application.previousSecretEndsAtMs).toBe(null);
    expect((await secretsOf(application))?.slice(1)).toEqual([null, null]);
  });

  it('changes what is given alone, and every server hears of it', async () => {
    const { application } = await make({ settings: { ...DEFAULT_SETTINGS, name: 'Before', permissions: ['a.read'] } });
    const before = (await store.changes.activeRevocations(0)).position;
    nowMs += 5;
    const updated = await verbs.update({ application, settings: { idleSeconds: 60, permissions: null }, logo: PNG }, BY);
    expect(updated).toMatchObject({
      ok: true,
      value: { ...application, idleSeconds: 60, permissions: null, hasLogo: true, updatedAtMs: nowMs },
    });
    expect(await store.changes.changesAfter(before, 10)).toMatchObject([
      { kind: 'application', id: application.clientId, beforeMs: expect.any(Number) },
    ]);
    const [told] = await store.audit.list({ event: 'application.updated', limit: 1 });
    expect(JSON.parse(told?.details ?? '')).toEqual({
      application: 'Before',
      client_id: application.clientId,
      changed: ['idleSeconds', 'permissions', 'logo'],
      permissions: null,
    });
    expect(await verbs.update({ application, settings: {}, logo: null }, BY)).toMatchObject({ ok: true });
    expect(await store.applications.findLogo(application.clientId)).toBeNull();
  });

  describe('with badges', () => {
    const KEYS = [
      { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'a', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'b', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    ];
    const SETTINGS = {
      ...DEFAULT_SETTINGS,
      name: 'Reader',
      homePage: 'https://reader.example.com',
      redirectUris: ['https://reader.example.com/cb', 'https://reader.example.com/other'],
      postLogoutRedirectUris: ['https://reader.example.com/bye', 'https://reader.example.com/out'],
      permissions: ['a.read', 'b.read'],
      optionalPermissions: ['a.read', 'b.read'],
      ownPermissions: ['c.read', 'd.read'],
      jwks: { keys: KEYS },
    };
    const both = () => make({ settings: SETTINGS, isFirstParty: true, isVerified: true });
    const find = async ({ id }: Application) => {
      const found = await store.applications.findApplication(id);
      if (found === null) throw new Error('gone');
      return found;
    };

    it('loses both by any change of what they vouch for, and tells which', async () => {
      const changes = [
        ['name', { settings: { name: 'Your bank' } }],
        ['homePage', { settings: { homePage: null } }],
        ['logo', { logo: PNG }],
        ['redirectUris', { settings: { redirectUris: [...SETTINGS.redirectUris, 'https://evil.example/cb'] } }],
        ['redirectUris', { settings: { redirectUris: SETTINGS.redirectUris.slice(1) } }],
        ['postLogoutRedirectUris', { settings: { postLogoutRedirectUris: [] } }],
        ['permissions', { settings: { permissions: null, optionalPermissions: [] } }],
        ['permissions', { settings: { permissions: ['a.read', 'b.read', 'z.read'] } }],
        ['optionalPermissions', { settings: { optionalPermissions: ['a.read'] } }],
        ['ownPermissions', { settings: { ownPermissions: ['c.read'] } }],
        ['jwks', { settings: { jwks: { keys: KEYS.slice(1) } } }],
      ] as const;
      for (const [what, change] of changes) {
        const { application } = await both();
        nowMs += 5;
        const updated = await verbs.update({ application, settings: {}, ...change }, BY);
        const value = updated.ok ? updated.value : null;
        expect([what, value?.verifiedAtMs, value?.isFirstParty]).toEqual([what, null, false]);
        expect(value?.lostBadges).toMatchObject({ badges: ['verified', 'first_party'], atMs: nowMs });
        expect(value?.lostBadges?.changed).toContain(what);
        const [told] = await store.audit.list({ event: 'application.badges_lost', limit: 1 });
        expect(told).toMatchObject({ accountId: 1, actor: 'operator' });
        expect(JSON.parse(told?.details ?? '')).toMatchObject({
          client_id: application.clientId,
          badges: ['verified', 'first_party'],
          changed: value?.lostBadges?.changed,
        });
      }
    });

    it('keeps them where a list or a key is only written in another order, or nothing of it has changed', async () => {
      const { application } = await both();
      const turned = Object.fromEntries(
        Object.entries(SETTINGS).map(([name, value]) => [name, Array.isArray(value) ? [...value].reverse() : value]),
      );
      const keys = [...KEYS].reverse().map((key) => Object.fromEntries(Object.entries(key).reverse()));
      const settings = { ...turned, jwks: { keys }, idleSeconds: 60, absoluteSeconds: 3600 };
      expect(await verbs.update({ application, settings }, BY)).toMatchObject({ ok: true });
      expect(await verbs.rotateSecret({ application, overlapSeconds: 0 }, BY)).toMatchObject({ ok: true });
      expect(await find(application)).toMatchObject({
        ...{ isFirstParty: true, verifiedAtMs: application.verifiedAtMs, lostBadges: null, idleSeconds: 60 },
        redirectUris: [...SETTINGS.redirectUris].reverse(),
      });
    });

    it('gathers what has changed until the operator has looked at it, and vouches for nothing that came after the look', async () => {
      const { application } = await both();
      await verbs.update({ application, settings: { name: 'Another' } }, BY);
      const seen = await find(application);
      nowMs += 5;
      await verbs.update({ application: seen, settings: { redirectUris: ['https://evil.example/cb'] } }, BY);
      expect((await find(application)).lostBadges?.changed).toEqual(['name', 'redirectUris']);
      for (const judge of [verbs.verify, verbs.setFirstParty])
        expect(await judge(application, true, BY, seen.updatedAtMs)).toEqual({ ok: false, reason: 'changed' });
      expect(await find(application)).toMatchObject({ isFirstParty: false, verifiedAtMs: null });
      const now = await find(application);
      expect(await verbs.verify(application, true, BY, now.updatedAtMs)).toMatchObject({
        value: { verifiedAtMs: nowMs, lostBadges: { badges: ['first_party'] } },
      });
      expect(await verbs.setFirstParty(application, false, BY)).toMatchObject({ value: { lostBadges: null } });
      expect(await verbs.verify(application, false, BY)).toMatchObject({
        value: { verifiedAtMs: null, lostBadges: null },
      });
    });

    it('is first-party in the operator’s account alone, whatever a row says', async () => {
      const { accountId } = await newUser();
      const settings = { ...DEFAULT_SETTINGS, name: 'Theirs', redirectUris: ['https://reader.example.com/cb'] };
      expect(await verbs.create({ accountId, kind: 'public', settings, isFirstParty: true }, BY)).toEqual({
        ok: false,
        reason: 'not_operators',
      });
      const { application } = await make({ accountId, isVerified: true });
      expect(await verbs.setFirstParty(application, true, BY)).toEqual({ ok: false, reason: 'not_operators' });
      expect(await find(application)).toMatchObject({ isFirstParty: false, verifiedAtMs: application.verifiedAtMs });
    });

    it('is verified no more when the account that owns it gets another name or another owner, however that comes', async () => {
      const [owner, heir] = [await newUser(), await newUser()];
      const accountId = await newTeam(owner.id);
      const { application } = await make({ accountId, isVerified: true });
      const acts = {
        rename: () =>
          store.members.renameTeam({ accountId, actorId: owner.id, name: `Your bank ${nowMs}`, event: event('account.renamed') }),
        invite: () => join(accountId, heir, 'owner', owner.id),
        demote: () => change(accountId, owner.id, heir.id, 'developer'),
        promote: () => change(accountId, owner.id, heir.id, 'owner'),
        remove: () => change(accountId, owner.id, heir.id, null),
        'invite again': () => join(accountId, heir, 'admin', owner.id),
        transfer: () =>
          store.members.transferTeam({ accountId, actorId: owner.id, userId: heir.id, event: event('account.transferred') }),
        'promote back': () => change(accountId, heir.id, owner.id, 'owner'),
        'delete an owner': () => store.profile.deleteUser({ userId: heir.id, nowMs, event: event('user.deleted') }),
      };
      for (const [what, act] of Object.entries(acts)) {
        nowMs += 5;
        await verbs.verify(application, true, BY);
        await act();
        const { verifiedAtMs, lostBadges } = await find(application);
        // An admin is not an owner.
        const isLost = what !== 'invite again';
        expect([what, verifiedAtMs === null, lostBadges?.changed]).toEqual([what, isLost, isLost ? ['owner'] : undefined]);
      }
    });

    it('is verified no more when its user gets another name, and stays so when only the name of the person changes', async () => {
      const user = await newUser();
      const { application } = await make({ accountId: user.accountId, isVerified: true });
      const rename = (displayName: string, firstName: string) =>
        store.profile.renameUser({ userId: user.id, displayName, firstName, lastName: '', nowMs, event: event('user.renamed') });
      await rename('Ada', 'Augusta');
      expect((await find(application)).verifiedAtMs).not.toBeNull();
      await rename('Your bank', 'Augusta');
      expect(await find(application)).toMatchObject({ verifiedAtMs: null, lostBadges: { changed: ['owner'] } });
    });
  });

  it('is found by its account, by the beginning of its name, or by its client id, the newest first', async () => {
    const { accountId } = await newUser();
    const mark = randomBytes(4).toString('hex');
    const named = (name: string) => make({ accountId, settings: { ...DEFAULT_SETTINGS, name: `${mark} ${name}` } });
    const [a, b, c] = [(await named('Äpfel')).application, (await named('Beans')).application, (await named('100%')).application];
    const find = async (filter: { accountId?: number; clientId?: string; search?: string; beforeId?: number; limit?: number }) =>
      (await store.applications.listApplications({ limit: 10, nowMs: NOW, ...filter })).map(({ id }) => id);
    expect(await find({ accountId })).toEqual([c.id, b.id, a.id]);
    expect(await find({ accountId, beforeId: c.id, limit: 1 })).toEqual([b.id]);
    expect(await find({ search: mark.toUpperCase() })).toEqual([c.id, b.id, a.id]);
    expect(await find({ search: `${mark} be` })).toEqual([b.id]);
    expect(await find({ search: `${mark} 1%` })).toEqual([]);
    expect(await find({ search: a.clientId })).toEqual([a.id]);
    expect(await find({ search: a.clientId.slice(0, 12) })).toEqual([a.id]);
    expect(await find({ clientId: b.clientId })).toEqual([b.id]);
    expect(await find({ accountId: 1, clientId: b.clientId })).toEqual([]);
    const [listed] = await store.applications.listApplications({ accountId, limit: 1, nowMs: NOW });
    expect(listed).toMatchObject({ accountName: 'Ada', liveSessions: 0 });
  });

  it('is one of so many that an account may have, however many are asked for at once', async () => {
    const { accountId } = await newUser();
    const settings = { ...DEFAULT_SETTINGS, name: 'One of many' };
    const ask = () => verbs.create({ accountId, kind: 'confidential', settings }, BY);
    const made: Awaited<ReturnType<typeof ask>>[] = [];
    // In waves: all of them at once would wait longer for a connection than a request may.
    while (made.length < CEILINGS.applicationsOfAccount + 5) made.push(...(await Promise.all(Array.from({ length: 15 }, ask))));
    expect(made.filter(({ ok }) => ok)).toHaveLength(CEILINGS.applicationsOfAccount);
    expect(new Set(made.map((each) => (each.ok ? 'ok' : each.reason)))).toEqual(new Set(['ok', 'too_many']));
  });

  it('is not there for who it is gone for: its owner disabled, its account deleted', async () => {
    const user = await newUser();
    const { application } = await make({ accountId: user.accountId });
    const disable = (disabled: boolean) =>
      store.accounts.setUserDisabled({
        ...{ userId: user.id, disabled, nowMs: NOW },
        event: event(disabled ? 'user.disabled' : 'user.enabled'),
      });
    await disable(true);
    expect(await store.applications.findClient(application.clientId)).toBeNull();
    await disable(false);
    expect(await store.applications.findClient(application.clientId)).toMatchObject({ id: application.id });

    const ids = { userId: user.id, nowMs: NOW };
    await store.profile.deleteUser({ ...ids, event: event('user.deleted') });
    expect(await store.applications.findClient(application.clientId)).toBeNull();
    expect(await store.applications.findApplication(application.id)).toBeNull();
    const settings = { ...DEFAULT_SETTINGS, name: 'Too late' };
    expect(await verbs.create({ accountId: user.accountId, kind: 'confidential', settings }, BY)).toEqual({
      ok: false,
      reason: 'deleted',
    });
  });

  it('that is deleted never comes back, and keeps no secret, key or logo', async () => {
    const { application } = await make({ logo: PNG });
    const before = (await store.changes.activeRevocations(0)).position;
    expect(await verbs.delete(application, BY)).toBe(true);
    expect(await verbs.delete(application, BY)).toBe(false);
    const [change] = await store.changes.changesAfter(before, 10);
    expect(change).toMatchObject({ kind: 'application', id: application.clientId });
    expect(change?.beforeMs).toBeGreaterThan(nowMs + 600_000);
    expect(await store.applications.findApplication(application.id)).toBeNull();
    expect(await store.applications.findClient(application.clientId)).toBeNull();
    expect(await store.applications.findLogo(application.clientId)).toBeNull();
    expect(await store.applications.listApplications({ clientId: application.clientId, limit: 1, nowMs: NOW })).toEqual([]);
    expect(await verbs.update({ application, settings: { name: 'x' } }, BY)).toEqual({ ok: false, reason: 'gone' });
    expect(await verbs.rotateSecret({ application, overlapSeconds: 0 }, BY)).toEqual({ ok: false, reason: 'gone' });
    expect(await verbs.verify(application, true, BY)).toEqual({ ok: false, reason: 'gone' });
  });

  describe('asked for by a browser', () => {
    it('is neither made, changed nor given a secret once the sign-in has ended', async () => {
      const user = await newUser();
      const opened = await store.signIns.openSignIn({
        signIn: {
          ...{ userId: user.id, hash: randomBytes(32).toString('hex'), createdAtMs: NOW, lastSeenAtMs: NOW, provedAtMs: NOW },
          ...{ methods: ['password'], address: null, userAgent: null },
        },
        ...{ passwordHash: null, addressHash: null, browserHash: null, event: event('user.signed_in') },
      });
      const signInId = opened?.id ?? 0;
      const authority = { kind: 'sign-in', signInId, userId: user.id, asks: null, changes: null, provedSinceMs: null } as const;
      const by = { actor: `user:${user.id}`, requestId: null, person: {}, authority } as const;
      const settings = { ...DEFAULT_SETTINGS, name: 'x' };
      const create = () => verbs.create({ accountId: user.accountId, kind: 'confidential', settings }, by);
      const created = await create();
      if (!created.ok) throw new Error(created.reason);
      const { application } = created.value;
      await store.signIns.endSignIns({ userId: user.id, nowMs: NOW, event: event('user.sign_ins_ended') });
      await expect(create()).rejects.toThrow('not_signed_in');
      await expect(verbs.update({ application, settings: { idleSeconds: 60 } }, by)).rejects.toThrow('not_signed_in');
      await expect(verbs.rotateSecret({ application, overlapSeconds: 0 }, by)).rejects.toThrow('not_signed_in');
      expect(await store.applications.findApplication(application.id)).toEqual(application);
    });
  });
});
