import { describe, expect, it } from 'vitest';
import { type House, ISSUER, openHouse } from '../../../test/house.ts';
import { CALLBACK, newApplication, newPkce } from '../../../test/house-sessions.ts';
import { type ChecksPorts, checkRequest, MAX_STATE } from './checks.ts';

const { challenge } = newPkce();
const GOOD = {
  ...{ response_type: 'code', redirect_uri: CALLBACK, scope: 'openid invoices.read', state: 'of the app' },
  ...{ code_challenge: challenge, code_challenge_method: 'S256' },
};

async function open(wish: Parameters<typeof newApplication>[2] = {}) {
  const house: House = await openHouse();
  const application = await newApplication(house, (await house.user()).accountId, wish);
  const ports: ChecksPorts = {
    ...{ applications: house.store.applications, index: house.keyhouse.permissions.index, audience: ISSUER, clock: house.clock },
    userOfIdToken: (text) => (text === 'an ID token' ? 7 : null),
  };
  /** A parameter that is null is left out; a list is repeated. */
  const check = async (wrong: Readonly<Record<string, string | null | readonly string[]>> = {}) => {
    const given = Object.entries({ ...GOOD, client_id: application.clientId, ...wrong });
    const parameters = given.flatMap(([name, value]): [string, readonly string[]][] =>
      value === null ? [] : [[name, typeof value === 'string' ? [value] : value]],
    );
    const checked = await checkRequest(ports, new Map(parameters));
    if (checked.ok) return 'ok';
    return 'show' in checked ? `show ${checked.show}` : checked.error;
  };
  return { house, application, ports, check };
}

describe('an authorization request', () => {
  it('that is complete is read as it is', async () => {
    const { ports, application, house } = await open();
    const given = {
      ...GOOD,
      client_id: application.clientId,
      prompt: 'login  consent',
      max_age: '60',
      nonce: 'n',
      id_token_hint: 'an ID token',
    };
    const checked = await checkRequest(ports, new Map(Object.entries(given).map(([name, value]) => [name, [value]])));
    if (!checked.ok) throw new Error(JSON.stringify(checked));
    expect(checked.request).toEqual({
      ...{ clientId: application.clientId, redirectUri: CALLBACK, isRedirectUriNamed: true, state: 'of the app', nonce: 'n' },
      ...{ challenge, permissions: ['invoices.read'], scopes: ['openid'], prompt: ['login', 'consent'], maxAgeSeconds: 60 },
      ...{ loginHint: null, hintedUserId: 7, atMs: house.clock.now() },
    });
  });

  it('sends the browser nowhere as long as it is not certain whose it is', async () => {
    const { check } = await open();
    const table = [
      ['show unknown_client', { client_id: null }],
      ['show unknown_client', { client_id: 'app_0123456789abcdefghijkl' }],
      ['show repeated', { client_id: ['app_x', 'app_y'] }],
      ['show repeated', { redirect_uri: [CALLBACK, CALLBACK] }],
      ['show redirect_uri', { redirect_uri: 'https://evil.example/callback' }],
      ['show redirect_uri', { redirect_uri: `${CALLBACK}/more` }],
      // Not even to say that something else is wrong.
      ['show redirect_uri', { redirect_uri: 'https://evil.example/callback', response_type: 'token' }],
    ] as const;
    for (const [answer, wrong] of table) expect(await check(wrong), JSON.stringify(wrong)).toBe(answer);
  });

  it('tells the application every other fault, by the name of the standard', async () => {
    const { check } = await open({ permissions: ['invoices.read'] });
    const table: readonly (readonly [string, Parameters<typeof check>[0]])[] = [
      ['ok', {}],
      ['invalid_request', { response_type: null }],
      ['unsupported_response_type', { response_type: 'token' }],
      ['unsupported_response_type', { response_type: 'code id_token' }],
      ['invalid_request', { response_mode: 'fragment' }],
      ['ok', { response_mode: 'query' }],
      ['request_not_supported', { request: 'eyJ' }],
      ['request_uri_not_supported', { request_uri: 'https://app.example.com/request' }],
      ['registration_not_supported', { registration: '{}' }],
      ['invalid_request', { code_challenge: null }],
      ['invalid_request', { code_challenge: challenge.slice(1) }],
      ['invalid_request', { code_challenge_method: 'plain' }],
      // Left out means "plain" (RFC 7636 §4.3).
      ['invalid_request', { code_challenge_method: null }],
      ['ok', { resource: ISSUER }],
      ['ok', { resource: [ISSUER, ISSUER] }],
      ['invalid_target', { resource: [ISSUER, 'https://elsewhere.example'] }],
      ['invalid_scope', { scope: 'payroll.read' }],
      ['invalid_scope', { scope: '' }],
      ['invalid_scope', { scope: 'email' }],
      ['ok', { scope: 'openid' }],
      ['ok', { scope: null }],
      ['invalid_request', { scope: ['openid', 'openid'] }],
      ['invalid_request', { state: ['one', 'two'] }],
      ['ok', { state: 'x'.repeat(MAX_STATE) }],
      ['invalid_request', { state: 'ä'.repeat(MAX_STATE / 2 + 1) }],
      ['ok', { nonce: 'x'.repeat(500) }],
      ['invalid_request', { nonce: 'x'.repeat(501) }],
      ['invalid_request', { prompt: 'none login' }],
      ['ok', { prompt: 'none' }],
      ['invalid_request', { prompt: 'later' }],
      ['ok', { max_age: '0' }],
      ['invalid_request', { max_age: '-1' }],
      ['invalid_request', { max_age: '1.5' }],
      ['invalid_request', { max_age: String(366 * 86_400 + 1) }],
      ['invalid_request', { id_token_hint: 'of another application' }],
    ];
    for (const [answer, wrong] of table) expect(await check(wrong), JSON.stringify(wrong)).toBe(answer);
  });

  it('gives the state back as it came, and none where there were two', async () => {
    const { ports, application } = await open();
    const stateOf = async (state: readonly string[]) => {
      const given = { ...GOOD, client_id: application.clientId, response_type: 'token' };
      const parameters = new Map(Object.entries(given).map(([name, value]): [string, readonly string[]] => [name, [value]]));
      const checked = await checkRequest(ports, parameters.set('state', state));
      return !checked.ok && 'back' in checked ? checked.back : null;
    };
    expect(await stateOf(['a b&c'])).toEqual({ redirectUri: CALLBACK, state: 'a b&c' });
    expect(await stateOf(['one', 'two'])).toEqual({ redirectUri: CALLBACK, state: null });
  });

  it('may leave the redirect URI out where one is registered, and must name it where there are several', async () => {
    const [one, two] = [await open(), await open({ redirectUris: [CALLBACK, `${CALLBACK}2`] })];
    expect(await one.check({ redirect_uri: null })).toBe('ok');
    expect(await two.check({ redirect_uri: null })).toBe('show redirect_uri');
    expect(await two.check({ redirect_uri: `${CALLBACK}2` })).toBe('ok');
  });
});
