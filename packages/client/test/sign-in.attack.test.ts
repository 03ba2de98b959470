/** What an attacker may put into the address that a user comes back to. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, startWorld, type World } from './world.ts';

describe('coming back from the issuer', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    return () => world.stop();
  });

  const changed = (address: string, change: (parameters: URLSearchParams) => void): string => {
    const url = new URL(address);
    change(url.searchParams);
    return url.href;
  };

  it('takes no answer that nobody here asked for, so that nobody is signed in as somebody else', async () => {
    const theirs = await world.goThrough(await world.client().signInUrl());
    const client = world.client();
    await client.signInUrl();
    await expect(client.handleRedirect(theirs)).rejects.toMatchObject({ code: 'unknown_state' });
    expect(await client.session()).toBeNull();
  });

  it('takes an answer once', async () => {
    const client = world.client();
    const back = await world.goThrough(await client.signInUrl());
    await client.handleRedirect(back);
    await expect(client.handleRedirect(back)).rejects.toMatchObject({ code: 'unknown_state' });
    // Asking twice did not end what the first one gave, either.
    expect((await client.fetch(`${world.api.origin}/api/invoices`)).status).toBe(200);
  });

  it('takes the same answer in two calls at one time for one', async () => {
    const client = world.client();
    const back = await world.goThrough(await client.signInUrl());
    const [one, other] = await Promise.all([client.handleRedirect(back), client.handleRedirect(back)]);
    expect(one).toEqual(other);
    expect(one?.session.permissions).toEqual(['invoices.read']);
  });

  it.each([
    ['of another issuer', (parameters: URLSearchParams) => parameters.set('iss', 'https://evil.example')],
    [
      'of an issuer that is spelt almost alike',
      (parameters: URLSearchParams) => parameters.set('iss', `${parameters.get('iss')}/`),
    ],
    ['of no issuer', (parameters: URLSearchParams) => parameters.delete('iss')],
  ])('sends no code anywhere for an answer %s', async (_, change) => {
    const client = world.client();
    const back = changed(await world.goThrough(await client.signInUrl()), change);
    const asked = world.wire.count('POST /auth/token');
    await expect(client.handleRedirect(back)).rejects.toMatchObject({ code: 'issuer_mismatch' });
    expect(world.wire.count('POST /auth/token')).toBe(asked);
  });

  it('believes no error before it knows who says it', async () => {
    const client = world.client();
    const { searchParams } = new URL(await client.signInUrl());
    const state = searchParams.get('state') ?? '';
    const error = new URLSearchParams({ error: 'access_denied', state });
    await expect(client.handleRedirect(`${CALLBACK}?${error}`)).rejects.toMatchObject({ code: 'issuer_mismatch' });
  });

  it('refuses a parameter that comes twice', async () => {
    const client = world.client();
    const back = changed(await world.goThrough(await client.signInUrl()), (parameters) => parameters.append('code', 'kh_code_x'));
    await expect(client.handleRedirect(back)).rejects.toMatchObject({ code: 'unexpected_answer' });
  });

  it('cannot be fed with a code of another sign-in', async () => {
    const [one, other] = [world.client(), world.client()];
    const theirs = new URL(await world.goThrough(await other.signInUrl())).searchParams.get('code') ?? '';
    const back = changed(await world.goThrough(await one.signInUrl()), (parameters) => parameters.set('code', theirs));
    await expect(one.handleRedirect(back)).rejects.toMatchObject({ code: 'invalid_grant' });
  });

  it('never asks twice with one code, even when the answer is lost', async () => {
    const client = world.client();
    const back = await world.goThrough(await client.signInUrl());
    world.wire.fail('/auth/token', 'lost');
    const asked = world.wire.count('POST /auth/token');
    await expect(client.handleRedirect(back)).rejects.toMatchObject({ code: 'unreachable' });
    expect(world.wire.count('POST /auth/token')).toBe(asked + 1);
  });

  it.each(['iss', 'aud', 'nonce', 'sub'] as const)('takes no ID token whose %s is not for this sign-in', async (wrong) => {
    const client = world.client({ scope: 'openid' });
    const url = new URL(await client.signInUrl());
    const good = {
      ...{ iss: world.issuer, aud: world.application.clientId, sub: 'user:7' },
      nonce: url.searchParams.get('nonce'),
    };
    const jwtOf = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
    const answer = (claims: object) => ({
      status: 200,
      body: JSON.stringify({
        ...{ access_token: jwtOf({ sub: 'user:7' }), token_type: 'Bearer', expires_in: 600, scope: 'openid' },
        ...{ refresh_token: 'kh_refresh_x', id_token: jwtOf(claims) },
      }),
    });
    world.wire.fail('/auth/token', answer({ ...good, [wrong]: 'another' }));
    await expect(client.handleRedirect(await world.goThrough(url.href))).rejects.toMatchObject({ code: 'unexpected_answer' });
    expect(await client.session()).toBeNull();
    // The same with the right one is accepted: only this was wrong.
    const again = new URL(await client.signInUrl());
    world.wire.fail('/auth/token', answer({ ...good, nonce: again.searchParams.get('nonce') }));
    expect((await client.handleRedirect(await world.goThrough(again.href)))?.session.subject).toBe('user:7');
  });

  it('tells the error of the issuer by its name', async () => {
    const client = world.client();
    const back = await world.goThrough(await client.signInUrl({ permissions: ['keyhouse.verify'] }));
    await expect(client.handleRedirect(back)).rejects.toMatchObject({ name: 'KeyhouseError', code: 'invalid_scope' });
  });

  it('leaves other pages alone that use the same words', async () => {
    const client = world.client();
    for (const address of [
      'https://app.example.com/shop?code=SAVE10&state=CA',
      'https://app.example.com/callback?code=SAVE10',
      CALLBACK,
    ])
      expect(await client.handleRedirect(address)).toBeNull();
  });

  it('carries nothing secret in the address that it opens', async () => {
    const url = new URL(await world.client().signInUrl({ prompt: 'consent', loginHint: 'ada@example.com' }));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{ response_type: 'code', client_id: world.application.clientId, redirect_uri: CALLBACK, scope: 'invoices.read' },
      ...{ code_challenge_method: 'S256', prompt: 'consent', login_hint: 'ada@example.com' },
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
  });
});

describe('the settings of a client', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    return () => world.stop();
  });

  it.each([
    'http://keys.example.com',
    'https://keys.example.com/realm',
    'keys.example.com',
    '',
    'javascript:alert(1)',
    'http://localhost.evil.example',
  ])('refuse the issuer %j', (issuer) => expect(() => world.client({ issuer })).toThrow(TypeError));

  it.each([
    'https://api.example.com/',
    'https://api.example.com/v1',
    '*',
    'https://*.example.com',
    'api.example.com',
    'null',
    '',
  ])('refuse the API origin %j', (origin) => expect(() => world.client({ apiOrigins: [origin] })).toThrow(TypeError));
});
