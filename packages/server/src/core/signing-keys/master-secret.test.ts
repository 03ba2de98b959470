import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse, SECRET } from '../../../test/house.ts';
import { asUser, mailsOf, userNow } from '../../../test/house-things.ts';
import { MasterSecret } from '../lib/master-secret.ts';
import { openBody } from '../mail/compose.ts';
import { checkMasterSecret, secretInForce } from './master-secret.ts';
import { opensSigningKey } from './signing-key.ts';

const NEW = new MasterSecret('another master secret for the tests, long enough');
const OTHER = new MasterSecret('a third master secret that stands nowhere at all');

describe('the master secret', () => {
  it('is refused at start when it is not the one of the database, and known as the current or the previous one', async () => {
    const { store } = await openHouse();
    expect(await checkMasterSecret(store, SECRET, null)).toEqual({ ok: true, value: 'current' });
    expect(await checkMasterSecret(store, NEW, SECRET)).toEqual({ ok: true, value: 'previous' });
    expect(await checkMasterSecret(store, NEW, OTHER)).toEqual({ ok: false, reason: 'wrong_secret' });
    expect(await secretInForce({ ...store, secrets: [NEW, SECRET] })).toEqual({ ok: true, value: SECRET });
    expect(await secretInForce({ ...store, secrets: [NEW] })).toEqual({ ok: false, reason: 'wrong_secret' });
  });

  it('is rotated with everything that it sealed, again without doing anything, and is on record', async () => {
    const house = await openHouse();
    const { signingKeys, factors, administration } = house.keyhouse;
    const user = await userNow(house, await house.user());
    await factors.beginTotp(user, asUser(user));
    await administration.sendTestMail(user, OPERATOR);
    const keys = await signingKeys.list();
    const rotate = () => signingKeys.rotateMasterSecret({ from: SECRET, to: NEW, by: OPERATOR });
    expect(await rotate()).toEqual({ ok: true, value: keys.length + 2 });
    for (const key of await signingKeys.list())
      expect([opensSigningKey(key, NEW), opensSigningKey(key, SECRET)]).toEqual([true, false]);
    const [mail] = await administration.listMails({ limit: 1 });
    const sealedBody = (await administration.findMail(mail?.id ?? 0))?.sealedBody ?? '';
    expect(openBody([NEW], { recipient: user.email, sealedBody }).ok).toBe(true);
    expect(openBody([SECRET], { recipient: user.email, sealedBody }).ok).toBe(false);
    expect(await rotate()).toEqual({ ok: true, value: 0 });
    expect((await house.events()).filter((event) => event === 'master_secret.rotated')).toHaveLength(1);
    expect(await mailsOf(house)).toHaveLength(1);
  });

  it('is not rotated from one that the database does not stand under', async () => {
    const house = await openHouse();
    expect(await house.keyhouse.signingKeys.rotateMasterSecret({ from: OTHER, to: NEW, by: OPERATOR })).toEqual({
      ...{ ok: false, reason: 'wrong_secret' },
    });
    expect(await checkMasterSecret(house.store, SECRET, null)).toEqual({ ok: true, value: 'current' });
  });

  it('keeps a server from sealing anything once it was rotated elsewhere', async () => {
    const house = await openHouse();
    const user = await userNow(house, await house.user());
    await house.keyhouse.signingKeys.rotateMasterSecret({ from: SECRET, to: NEW, by: OPERATOR });
    await expect(house.keyhouse.factors.beginTotp(user, asUser(user))).rejects.toThrow('The master secret was rotated.');
  });
});
