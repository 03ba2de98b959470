import { describe, expect, it } from 'vitest';
import { type House, ISSUER, OPERATOR, openHouse } from '../../../test/house.ts';
import { CALLBACK, newApplication, newPkce, parametersOf, personOf, signIn } from '../../../test/house-sessions.ts';
import { asUser, mailsOf, newTeam } from '../../../test/house-things.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import { OPERATOR_ACCOUNT_ID } from '../users/account.ts';

async function asking(house: House, wish: Parameters<typeof newApplication>[2] = {}) {
  const user = await house.user();
  const application = await newApplication(house, wish.isFirstParty ? OPERATOR_ACCOUNT_ID : user.accountId, wish);
  const person = await personOf(house, user, await signIn(house, user));
  const { oauth } = house.keyhouse;
  const parameters = (rest: Record<string, string> = {}) => {
    const pkce = { code_challenge: newPkce().challenge, code_challenge_method: 'S256' };
    const asked = { response_type: 'code', client_id: application.clientId, redirect_uri: CALLBACK, scope: 'invoices.read' };
    return parametersOf({ ...asked, ...pkce, state: 'of the app', ...rest });
  };
  const ask = (rest: Record<string, string> = {}, who: typeof person | null = person) =>
    oauth.authorize(parameters(rest), who, asUser(user));
  const requestOf = async (rest: Record<string, string> = {}) => {
    const went = await ask(rest);
    if (went.go !== 'page') throw new Error(JSON.stringify(went));
    return went.request;
  };
  const answer = (
    request: string,
    given: { isAllowed?: boolean; accountId?: number | null; permissions?: string[] | null } = {},
  ) => oauth.answerConsent({ request, isAllowed: true, accountId: null, permissions: null, ...given }, person, asUser(user));
  return { user, application, person, oauth, parameters, ask, requestOf, answer };
}

const answerIn = (went: object | string): Record<string, string> =>
  typeof went === 'object' && 'location' in went ? Object.fromEntries(new URL(String(went.location)).searchParams) : {};

describe('an authorization request', () => {
  it('leads to the sign-in, then to consent, and once allowed straight back with a code', async () => {
    const house = await openHouse();
    const { user, ask, requestOf, answer } = await asking(house);
    expect(await ask({ login_hint: 'ada@example.com' }, null)).toMatchObject({
      go: 'page',
      page: 'log-in',
      loginHint: 'ada@example.com',
    });
    const allowed = answerIn(await answer(await requestOf()));
    expect(allowed).toEqual({ code: expect.stringMatching(/^kh_code_/), state: 'of the app', iss: ISSUER });
    expect(await mailsOf(house)).toEqual([{ kind: 'application-connected', to: user.email }]);
    expect(answerIn(await ask())).toMatchObject({ code: expect.stringMatching(/^kh_code_/) });
    expect(await mailsOf(house)).toHaveLength(1);
    expect(await ask({ scope: 'invoices.read invoices.write' })).toMatchObject({ go: 'page', page: 'consent' });
    expect((await house.events(user.accountId)).filter((event) => event.startsWith('grant.'))).toEqual(['grant.made']);
  });

  it('is shown as wrong, and sent nowhere, when nobody knows whose it is', async () => {
    const house = await openHouse();
    const { ask, parameters, oauth } = await asking(house);
    expect(await ask({ client_id: 'app_0000000000000000000000' })).toEqual({ go: 'nowhere', problem: 'unknown_client' });
    expect(await ask({ redirect_uri: 'https://evil.example/' })).toEqual({ go: 'nowhere', problem: 'redirect_uri' });
    const twice = new Map([...parameters(), ['redirect_uri', [CALLBACK, CALLBACK]]]);
    expect(await oauth.authorize(twice, null, OPERATOR)).toEqual({ go: 'nowhere', problem: 'repeated' });
  });

  it('goes back to the application with every other fault', async () => {
    const house = await openHouse();
    const { ask } = await asking(house, { permissions: ['invoices.read'] });
    const errorOf = async (rest: Record<string, string>) => answerIn(await ask(rest)).error;
    expect(await errorOf({ response_type: 'token' })).toBe('unsupported_response_type');
    expect(await errorOf({ code_challenge_method: 'plain' })).toBe('invalid_request');
    expect(await errorOf({ code_challenge: 'short' })).toBe('invalid_request');
    expect(await errorOf({ scope: 'reports.read' })).toBe('invalid_scope');
    expect(await errorOf({ resource: 'https://other.example' })).toBe('invalid_target');
    expect(await errorOf({ prompt: 'none login' })).toBe('invalid_request');
    expect(await errorOf({ prompt: 'none' })).toBe('consent_required');
    expect(await errorOf({ max_age: '-1' })).toBe('invalid_request');
    expect(await errorOf({ id_token_hint: 'nothing' })).toBe('invalid_request');
    expect(await errorOf({ request_uri: 'https://evil.example' })).toBe('request_uri_not_supported');
  });
});

describe('consent', () => {
  it('can be refused, and lets out only what may be left out', async () => {
    const house = await openHouse();
    const { requestOf, answer, oauth, user } = await asking(house, { optionalPermissions: ['invoices.write'] });
    const request = await requestOf({ scope: 'invoices.read invoices.write' });
    expect(answerIn(await answer(request, { isAllowed: false }))).toEqual({
      error: 'access_denied',
      state: 'of the app',
      iss: ISSUER,
    });
    expect(await answer(request, { permissions: ['invoices.write'] })).toBe('beyond');
    expect(await answer(request, { permissions: ['invoices.read', 'reports.read'] })).toBe('beyond');
    expect(await answer(request, { accountId: 999 })).toBe('beyond');
    expect(answerIn(await answer(request, { permissions: ['invoices.read'] })).code).toMatch(/^kh_code_/);
    expect(await oauth.listConnected(user.id)).toMatchObject([{ permissions: ['invoices.read'], declined: ['invoices.write'] }]);
  });

  it('is given for the account that the person chooses, which comes first the next time', async () => {
    const house = await openHouse();
    const { requestOf, answer, oauth, user, person } = await asking(house);
    const team = await newTeam(house, user);
    await answer(await requestOf(), { accountId: team.id });
    const asked = await oauth.askConsent(await requestOf({ prompt: 'consent' }), person);
    if (typeof asked === 'string') throw new Error(asked);
    expect(asked.accounts.map(({ id }) => id)).toEqual([team.id, user.accountId]);
    expect(asked).toMatchObject({ destination: 'app.example.com', isLocal: false, isAskedAgain: false });
  });

  it('asks for a new proof after ten minutes where it would grant something new', async () => {
    const house = await openHouse();
    const { requestOf, answer } = await asking(house);
    const request = await requestOf();
    house.clock.atMs += 10 * MINUTE_MS + 1;
    expect(await answer(request)).toBe('proof_required');
  });

  it('is over an hour later, when the sign-in has ended, and when the address was taken off the list', async () => {
    const house = await openHouse();
    const { requestOf, answer, application, oauth, person } = await asking(house);
    const request = await requestOf();
    const { applications, signIns } = house.keyhouse;
    const change = { application, settings: { redirectUris: ['https://app.example.com/new'] } };
    const changed = await applications.update(change, OPERATOR);
    if (!changed.ok) throw new Error(changed.reason);
    expect(await answer(request)).toBe('request_over');
    await applications.update({ application: changed.value, settings: { redirectUris: [CALLBACK] } }, OPERATOR);
    expect(await oauth.askConsent(request, person)).toBeTypeOf('object');
    house.clock.atMs += 60 * MINUTE_MS + 1;
    expect(await oauth.askConsent(request, person)).toBe('request_over');
    const fresh = await requestOf();
    await signIns.signOut(person.user, person.id, asUser(person.user));
    expect(await answer(fresh)).toBe('request_over');
  });

  it('is not asked for the operator’s own application, and is on record all the same', async () => {
    const house = await openHouse();
    const { ask, user } = await asking(house, { isFirstParty: true });
    expect(answerIn(await ask()).code).toMatch(/^kh_code_/);
    expect((await house.events(user.accountId)).filter((event) => event.startsWith('grant.'))).toEqual(['grant.made']);
  });

  it('can be given in no account that is suspended', async () => {
    const house = await openHouse();
    const { ask, user } = await asking(house, { isFirstParty: true });
    await house.keyhouse.administration.suspendAccount({ accountId: user.accountId, reason: null, by: OPERATOR });
    expect(answerIn(await ask())).toMatchObject({ error: 'access_denied' });
  });
});
