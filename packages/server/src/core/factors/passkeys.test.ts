import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../../test/authenticator.ts';
import { type House, ISSUER, openHouse, SECRET } from '../../../test/house.ts';
import { addPasskey } from '../../../test/house-proofs.ts';
import { userNow } from '../../../test/house-things.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import {
  checkNewPasskey,
  checkPasskey,
  newPasskeyOptions,
  offersPasskeys,
  type PasskeyPorts,
  passkeyOptions,
} from './passkeys.ts';

const portsOf = ({ store, clock }: House): PasskeyPorts => ({
  ...{ factors: store.factors, tickets: store.tickets, secret: SECRET, secrets: [SECRET], clock, url: ISSUER },
  brand: () => ({ name: 'Keyhouse' }),
});

async function open() {
  const house = await openHouse();
  const user = await house.user();
  const authenticator = await addPasskey(house, user);
  const ports = portsOf(house);
  type Told = Parameters<typeof authenticator.answer>[1];
  /** Whose passkey it is, after a challenge of its own. */
  const check = async (told: Told = {}, challenged: number | null = null, asked: number | null = null) => {
    const response = authenticator.answer(await passkeyOptions(ports, 'log-in', challenged), told);
    return (await checkPasskey(ports, 'log-in', asked, response))?.userId ?? null;
  };
  return { house, user, authenticator, ports, check };
}

describe('the answer of a passkey', () => {
  it('is accepted from our own origin, of a person who was verified there, and from nowhere else', async () => {
    const { user, check } = await open();
    expect(await check()).toBe(user.id);
    const wrong = [
      ...[{ origin: 'https://keys.example.com.evil.example' }, { origin: 'http://keys.example.com' }, { rpId: 'evil.example' }],
      ...[{ verified: false }, { type: 'webauthn.create' }, { challenge: 'AAAA' }],
    ];
    for (const told of wrong) expect(await check(told), JSON.stringify(told)).toBeNull();
    expect(await check()).toBe(user.id);
  });

  it('is refused when its counter goes back, as that of a copied key does', async () => {
    const { user, check } = await open();
    expect(await check({ counter: 10 })).toBe(user.id);
    expect(await check({ counter: 10 })).toBeNull();
    expect(await check({ counter: 9 })).toBeNull();
    expect(await check({ counter: 11 })).toBe(user.id);
  });

  it('is for the user who was asked: a challenge of one is none for another, or for nobody in particular', async () => {
    const { house, user, check } = await open();
    const other = await house.user();
    expect(await check({}, user.id, user.id)).toBe(user.id);
    expect(await check({}, other.id, other.id)).toBeNull();
    expect(await check({}, null, user.id)).toBeNull();
    expect(await check({}, user.id, null)).toBeNull();
  });

  it('is taken once, also when it comes twice at the same time, and for five minutes', async () => {
    const { house, user, authenticator, ports } = await open();
    const answer = async () => authenticator.answer(await passkeyOptions(ports, 'log-in', null));
    const [twice, late] = [await answer(), await answer()];
    const checks = await Promise.all([checkPasskey(ports, 'log-in', null, twice), checkPasskey(ports, 'log-in', null, twice)]);
    expect(checks.flatMap((passkey) => passkey?.userId ?? [])).toEqual([user.id]);
    house.clock.atMs += 5 * MINUTE_MS;
    expect(await checkPasskey(ports, 'log-in', null, late)).toBeNull();
  });

  it('says which use it is for: one that signs in proves nothing, and the other way round', async () => {
    const { user, authenticator, ports } = await open();
    const response = authenticator.answer(await passkeyOptions(ports, 'log-in', user.id));
    expect(await checkPasskey(ports, 'proof', user.id, response)).toBeNull();
    const proof = authenticator.answer(await passkeyOptions(ports, 'proof', user.id));
    expect(await checkPasskey(ports, 'log-in', user.id, proof)).toBeNull();
  });

  it('is null for whatever else comes, and never an error', async () => {
    const { authenticator, ports } = await open();
    const good = authenticator.answer(await passkeyOptions(ports, 'log-in', null));
    const bad = [
      ...[null, 'text', 7, [], {}, { ...good, id: 7 }, { ...good, id: 'x'.repeat(1365) }, { ...good, response: null }],
      ...[
        { ...good, response: {} },
        { ...good, response: { ...good.response, clientDataJSON: 'not JSON' } },
      ],
      ...[
        { ...good, response: { ...good.response, signature: 'AAAA' } },
        { ...good, id: createAuthenticator(ISSUER).id },
      ],
    ];
    for (const answer of bad) expect(await checkPasskey(ports, 'log-in', null, answer), JSON.stringify(answer)).toBeNull();
    expect(await checkPasskey(ports, 'log-in', null, good)).not.toBeNull();
  });
});

describe('a new passkey', () => {
  it('is stored as what it can be used with, and only with a person who was verified', async () => {
    const { house, user, ports } = await open();
    const now = await userNow(house, user);
    const authenticator = createAuthenticator(ISSUER);
    const add = async (told: Parameters<typeof authenticator.register>[1] = {}) =>
      await checkNewPasskey(ports, now, 'phone', authenticator.register(await newPasskeyOptions(ports, now), told));
    expect(await add({ verified: false })).toBeNull();
    expect(await add({ origin: 'https://evil.example' })).toBeNull();
    expect(await add()).toMatchObject({
      ...{ id: authenticator.id, userId: user.id, name: 'phone', transports: ['internal'], lastUsedAtMs: null },
    });
  });

  it('is asked for with those that the user has, so that none is added twice, and without the address as its id', async () => {
    const { house, user, authenticator, ports } = await open();
    const options = await newPasskeyOptions(ports, await userNow(house, user));
    expect(options.excludeCredentials?.map(({ id }) => id)).toEqual([authenticator.id]);
    expect(options).toMatchObject({ rp: { id: 'keys.example.com', name: 'Keyhouse' }, user: { name: user.email } });
    expect(Buffer.from(options.user.id, 'base64url').toString()).not.toContain(user.email);
  });
});

it('offers passkeys wherever the origin has a name: browsers refuse them at an IP address', () => {
  const urls = [
    'https://keys.example.com',
    'http://localhost:3000',
    'http://127.0.0.1:3000',
    'https://[::1]',
    'https://10.example',
  ];
  expect(urls.map(offersPasskeys)).toEqual([true, true, false, false, true]);
});
