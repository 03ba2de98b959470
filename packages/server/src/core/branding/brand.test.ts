import { expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { mailTo, userNow } from '../../../test/house-things.ts';
import { png } from '../../../test/pictures.ts';
import { DEFAULT_BRAND } from './brand.ts';

const WISH = { name: 'Acme', accent: '#3451b2', logo: undefined };

it('shows the operator’s name, colour and logo from then on, in mails too', async () => {
  const house = await openHouse();
  const { branding, administration } = house.keyhouse;
  expect(branding.current()).toEqual(DEFAULT_BRAND);
  const logo = png(28, 28);
  expect(await branding.set({ wish: { ...WISH, logo: logo.toString('base64') }, by: OPERATOR })).toEqual([]);
  expect(branding.current()).toMatchObject({ name: 'Acme', accent: '#3451b2', logo: { type: 'image/png', bytes: logo } });
  const user = await userNow(house, await house.user());
  await administration.sendTestMail(user, OPERATOR);
  expect(await mailTo(house, user.email, 'test')).toContain('-- \nAcme');
  const [event] = await house.store.audit.list({ event: 'brand.set', limit: 1 });
  expect(JSON.parse(event?.details ?? '')).toEqual({ name: 'Acme', accent: '#3451b2', logo: 'image/png' });
});

it('keeps the logo where it is not named, and takes it away where it is null', async () => {
  const house = await openHouse();
  const { branding } = house.keyhouse;
  await branding.set({ wish: { ...WISH, logo: png(28, 28).toString('base64') }, by: OPERATOR });
  const hash = branding.current().logo?.hash;
  await branding.set({ wish: { ...WISH, name: 'Other' }, by: OPERATOR });
  expect(branding.current()).toMatchObject({ name: 'Other', logo: { hash } });
  await branding.set({ wish: { ...WISH, logo: null }, by: OPERATOR });
  expect(branding.current().logo).toBeNull();
});

it('names every fault at once, and changes nothing', async () => {
  const house = await openHouse();
  const { branding } = house.keyhouse;
  const faults = await branding.set({ wish: { name: 'a\nb', accent: '#ffff00', logo: 'no picture' }, by: OPERATOR });
  expect(faults.map(({ field }) => field)).toEqual(['name', 'accent', 'logo']);
  expect(branding.current()).toEqual(DEFAULT_BRAND);
  expect((await house.events()).includes('brand.set')).toBe(false);
});

it('takes a colour on which white text has a contrast of 4.5 (WCAG 2.2 §1.4.3), and none below', async () => {
  const house = await openHouse();
  const isGood = async (accent: string) =>
    (await house.keyhouse.branding.set({ wish: { ...WISH, accent }, by: OPERATOR })).length === 0;
  expect([await isGood('#767676'), await isGood('#777777')]).toEqual([true, false]);
  expect([await isGood('#000000'), await isGood('#ffffff')]).toEqual([true, false]);
});
