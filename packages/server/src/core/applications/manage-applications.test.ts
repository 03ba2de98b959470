import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { CALLBACK, newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { asUser, verdictOf } from '../../../test/house-things.ts';
import { png } from '../../../test/pictures.ts';
import { OPERATOR_ACCOUNT_ID } from '../users/account.ts';
import { type Application, DEFAULT_SETTINGS } from './application.ts';
import { MAX_CLIENT_SECRET_OVERLAP_SECONDS } from './manage-applications.ts';

const SETTINGS = { ...DEFAULT_SETTINGS, name: 'Ledger', redirectUris: [CALLBACK] };

const isSecretOf = async ({ keyhouse }: House, { clientId }: Application, secret: string | null): Promise<boolean> =>
  (await keyhouse.oauth.authenticateClient({ method: 'secret', clientId, secret: secret ?? '' })).ok;

describe('registering an application', () => {
  it('gives a confidential one a secret, once, and a public one none', async () => {
    const house = await openHouse();
    const { accountId } = await house.user();
    const [open, closed] = [
      await newApplication(house, accountId),
      await newApplication(house, accountId, { kind: 'confidential' }),
    ];
    expect(open).toMatchObject({ kind: 'public', secret: null, secretMadeAtMs: null, verifiedAtMs: null, isFirstParty: false });
    expect(open.clientId).toMatch(/^app_[0-9A-Za-z]{22}$/);
    expect(closed.secretMadeAtMs).toBe(house.clock.now());
    expect(await isSecretOf(house, closed, closed.secret)).toBe(true);
    expect(await isSecretOf(house, closed, `${closed.secret}x`)).toBe(false);
    expect(await isSecretOf(house, open, '')).toBe(false);
    expect((await house.events(accountId)).slice(0, 2)).toEqual(['application.created', 'application.created']);
  });

  it('names every fault at once, and registers nothing in an account that is suspended', async () => {
    const house = await openHouse();
    const { applications, administration } = house.keyhouse;
    const { accountId } = await house.user();
    const settings = { ...SETTINGS, name: '', redirectUris: ['http://app.example.com'], idleSeconds: 59 };
    const made = await applications.create({ accountId, kind: 'public', settings, logo: 'no picture' }, OPERATOR);
    expect(made).toMatchObject({ ok: false, reason: 'invalid' });
    const fields = !made.ok && 'faults' in made ? made.faults.map(({ field }) => field) : [];
    expect(fields).toEqual(['name', 'redirectUris', 'idleSeconds', 'logo']);
    await administration.suspendAccount({ accountId, reason: null, by: OPERATOR });
    expect(await applications.create({ accountId, kind: 'public', settings: SETTINGS }, OPERATOR)).toEqual({
      ...{ ok: false, reason: 'suspended' },
    });
    expect(await applications.list({ accountId, limit: 10 })).toEqual([]);
  });

  it('lets only the operator’s account have one that people are not asked about', async () => {
    const house = await openHouse();
    const { accountId } = await house.user();
    const wish = { kind: 'public', settings: SETTINGS, isFirstParty: true } as const;
    expect(await house.keyhouse.applications.create({ ...wish, accountId }, OPERATOR)).toEqual({
      ...{ ok: false, reason: 'not_operators' },
    });
    const own = await newApplication(house, OPERATOR_ACCOUNT_ID, { isFirstParty: true });
    expect(own.isFirstParty).toBe(true);
  });
});

describe('changing an application', () => {
  it('changes what is given, leaves the rest, and does nothing when it is all as it was', async () => {
    const house = await openHouse();
    const { applications } = house.keyhouse;
    const { accountId } = await house.user();
    const application = await newApplication(house, accountId, { permissions: ['invoices.read'] });
    expect(await applications.update({ application, settings: { name: 'Ledger' } }, OPERATOR)).toEqual({
      ...{ ok: true, value: application },
    });
    house.clock.atMs += 1000;
    const updated = await applications.update({ application, settings: { name: 'Books' } }, OPERATOR);
    expect(updated).toMatchObject({
      ok: true,
      value: { name: 'Books', permissions: ['invoices.read'], updatedAtMs: house.clock.now() },
    });
    expect((await house.events(accountId)).filter((event) => event === 'application.updated')).toHaveLength(1);
    await applications.delete(application, OPERATOR);
    expect(await applications.update({ application, settings: { name: 'Journal' } }, OPERATOR)).toEqual({
      ...{ ok: false, reason: 'gone' },
    });
  });

  it('takes away the badges of what the operator has not seen, and leaves them when people would not notice', async () => {
    const house = await openHouse();
    const { applications } = house.keyhouse;
    const { accountId } = await house.user();
    const application = await newApplication(house, accountId, { isVerified: true });
    const quiet = await applications.update({ application, settings: { idleSeconds: 3600 } }, OPERATOR);
    expect(quiet).toMatchObject({ ok: true, value: { verifiedAtMs: house.clock.now(), lostBadges: null } });
    if (!quiet.ok) throw new Error(quiet.reason);
    const renamed = await applications.update({ application: quiet.value, settings: { name: 'Bank' } }, OPERATOR);
    expect(renamed).toMatchObject({
      ...{ ok: true },
      value: { verifiedAtMs: null, lostBadges: { badges: ['verified'], changed: ['name'], atMs: house.clock.now() } },
    });
  });

  it('ends the JWTs of its sessions when it takes a permission away, and the sessions go on', async () => {
    const house = await openHouse();
    const { applications } = house.keyhouse;
    const user = await house.user();
    const application = await newApplication(house, user.accountId);
    const session = await openSession(house, { user, opened: await signIn(house, user), application });
    await applications.update({ application, settings: { permissions: ['reports.read'] } }, asUser(user));
    expect(await verdictOf(house, session.jwt)).toBe('revoked');
    expect(await house.keyhouse.sessions.listOfUser(user.id, { limit: 10 })).toHaveLength(1);
  });

  it('keeps a logo until it is taken away', async () => {
    const house = await openHouse();
    const { applications } = house.keyhouse;
    const { accountId } = await house.user();
    const application = await newApplication(house, accountId);
    const logo = png(28, 28).toString('base64');
    await applications.update({ application, settings: {}, logo }, OPERATOR);
    await applications.update({ application, settings: { name: 'Books' } }, OPERATOR);
    expect(await applications.findLogo(application.clientId)).toEqual({ type: 'image/png', base64: logo });
    await applications.update({ application, settings: {}, logo: null }, OPERATOR);
    expect(await applications.findLogo(application.clientId)).toBeNull();
  });
});

describe('a new client secret', () => {
  it('lets the previous one work until the end of the overlap, and ends the one before it', async () => {
    const house = await openHouse();
    const { applications } = house.keyhouse;
    const application = await newApplication(house, (await house.user()).accountId, { kind: 'confidential' });
    const rotate = async (overlapSeconds: number) => {
      const rotated = await applications.rotateSecret({ application, overlapSeconds }, OPERATOR);
      if (!rotated.ok) throw new Error(rotated.reason);
      return rotated.value.secret;
    };
    const second = await rotate(MAX_CLIENT_SECRET_OVERLAP_SECONDS);
    expect(await isSecretOf(house, application, application.secret)).toBe(true);
    const third = await rotate(MAX_CLIENT_SECRET_OVERLAP_SECONDS);
    expect(await isSecretOf(house, application, application.secret)).toBe(false);
    house.clock.atMs += MAX_CLIENT_SECRET_OVERLAP_SECONDS * 1000 - 1;
    expect(await isSecretOf(house, application, second)).toBe(true);
    house.clock.atMs += 1;
    expect(await isSecretOf(house, application, second)).toBe(false);
    expect(await isSecretOf(house, application, third)).toBe(true);
    await rotate(0);
    expect(await isSecretOf(house, application, third)).toBe(false);
  });

  it('ends the previous one on demand, once', async () => {
    const house = await openHouse();
    const { applications } = house.keyhouse;
    const application = await newApplication(house, (await house.user()).accountId, { kind: 'confidential' });
    expect(await applications.endSecretOverlap(application, OPERATOR)).toBe(false);
    await applications.rotateSecret({ application, overlapSeconds: 3600 }, OPERATOR);
    expect(await applications.endSecretOverlap(application, OPERATOR)).toBe(true);
    expect(await applications.endSecretOverlap(application, OPERATOR)).toBe(false);
    expect(await isSecretOf(house, application, application.secret)).toBe(false);
  });

  it('is given to no public application, nor to one that was deleted', async () => {
    const house = await openHouse();
    const { applications } = house.keyhouse;
    const { accountId } = await house.user();
    const [open, closed] = [
      await newApplication(house, accountId),
      await newApplication(house, accountId, { kind: 'confidential' }),
    ];
    await applications.delete(closed, OPERATOR);
    for (const application of [open, closed])
      expect(await applications.rotateSecret({ application, overlapSeconds: 0 }, OPERATOR)).toEqual({
        ok: false,
        reason: 'gone',
      });
  });
});

describe('the operator’s word', () => {
  it('is given to what the operator has looked at, and not to what changed since', async () => {
    const house = await openHouse();
    const { applications } = house.keyhouse;
    const application = await newApplication(house, (await house.user()).accountId);
    house.clock.atMs += 1000;
    await applications.update({ application, settings: { name: 'Bank' } }, OPERATOR);
    expect(await applications.verify(application, true, OPERATOR, application.updatedAtMs)).toEqual({
      ok: false,
      reason: 'changed',
    });
    const verified = await applications.verify(application, true, OPERATOR, house.clock.now());
    expect(verified).toMatchObject({ ok: true, value: { verifiedAtMs: house.clock.now() } });
    expect(await applications.verify(application, false, OPERATOR)).toMatchObject({ ok: true, value: { verifiedAtMs: null } });
    expect(await applications.setFirstParty(application, true, OPERATOR)).toEqual({ ok: false, reason: 'not_operators' });
    await applications.delete(application, OPERATOR);
    expect(await applications.verify(application, true, OPERATOR)).toEqual({ ok: false, reason: 'gone' });
  });
});

it('ends with an application its grants, its sessions and their JWTs, once', async () => {
  const house = await openHouse();
  const { applications, oauth, sessions } = house.keyhouse;
  const user = await house.user();
  const application = await newApplication(house, user.accountId);
  const session = await openSession(house, { user, opened: await signIn(house, user), application });
  expect(await oauth.listConnected(user.id)).toMatchObject([{ clientId: application.clientId, liveSessions: 1 }]);
  expect(await Promise.all([applications.delete(application, OPERATOR), applications.delete(application, OPERATOR)])).toEqual([
    true,
    false,
  ]);
  expect(await verdictOf(house, session.jwt)).toBe('revoked');
  expect(await oauth.listConnected(user.id)).toEqual([]);
  expect(await sessions.listOfUser(user.id, { limit: 10 })).toEqual([]);
  expect(await applications.find(application.id)).toBeNull();
  expect((await house.events(user.accountId))[0]).toBe('application.deleted');
});
