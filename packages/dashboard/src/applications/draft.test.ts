import { describe, expect, it } from 'vitest';
import { changesVouched, draftOf, EMPTY_DRAFT, hasSchemeWithoutDot, linesOf, wishOf } from './draft.ts';
import type { Application } from './queries.ts';
import { policySummary, spanChoices, spanOf } from './span.ts';

const CATALOGUE = ['a.read', 'a.write'].map((name) => ({ name, sentence: name, grantable: true, sensitive: false }));
const APPLICATION: Application = {
  id: 1,
  client_id: 'app_x',
  account_id: 2,
  name: 'Reader',
  type: 'confidential',
  logo_url: null,
  home_page: 'https://a.example',
  first_party: false,
  verified_at: null,
  lost_badges: null,
  created_at: '2027-01-01T00:00:00Z',
  created_by: null,
  redirect_uris: ['https://a.example/cb', 'http://127.0.0.1/cb'],
  post_logout_redirect_uris: [],
  allows_schemes_without_dot: false,
  id_token_signed_response_alg: 'RS256',
  permissions: ['a.read', 'a.write'],
  optional_permissions: ['a.write'],
  own_permissions: ['a.read'],
  idle_seconds: 3600,
  absolute_seconds: null,
  jwks: { keys: [{ kid: 'one' }] },
  secret_made_at: null,
  previous_secret_ends_at: null,
  updated_at: '2027-01-01T00:00:00Z',
};

describe('what is typed of an application', () => {
  it('comes back as it stands when nothing was changed', () => {
    const { id, client_id, account_id, logo_url, first_party, verified_at, lost_badges, created_at, ...rest } = APPLICATION;
    const { secret_made_at, previous_secret_ends_at, updated_at, created_by, ...settings } = rest;
    expect(wishOf(draftOf(APPLICATION), CATALOGUE)).toEqual({ wish: settings });
    expect(wishOf(draftOf(APPLICATION), [])).toEqual({ wish: settings });
    expect(changesVouched(APPLICATION, draftOf(APPLICATION), CATALOGUE)).toBe(false);
    expect(changesVouched(APPLICATION, draftOf(APPLICATION), [])).toBe(false);
  });

  it('loses what cannot be with a public one, and what is optional but not asked for', () => {
    const draft = { ...draftOf(APPLICATION), type: 'public' as const, asked: { chosen: ['a.read'], text: '' } };
    expect(wishOf(draft, CATALOGUE)).toMatchObject({
      wish: { permissions: ['a.read'], optional_permissions: [], own_permissions: [], jwks: null },
    });
  });

  it('needs a name, a place to go back to where nothing else can be done, and keys that are JSON', () => {
    expect(wishOf({ ...EMPTY_DRAFT, type: 'public', keys: '{' }, CATALOGUE)).toEqual({
      errors: { name: expect.any(String), redirect_uris: expect.any(String), jwks: expect.any(String) },
    });
    expect(wishOf({ ...EMPTY_DRAFT, name: ' x ' }, CATALOGUE)).toMatchObject({ wish: { name: 'x', permissions: null } });
  });

  it('offers schemes without a dot where one was typed', () => {
    expect(hasSchemeWithoutDot(['https://a.example', 'http://localhost', 'com.example.app:/cb', 'cb'])).toBe(false);
    expect(hasSchemeWithoutDot(['https://a.example', 'cursor://a/cb'])).toBe(true);
  });

  it('takes lines as they come', () => {
    expect(linesOf(' https://a.example/ \r\n\n https://b.example/\nhttps://a.example/')).toEqual([
      'https://a.example/',
      'https://b.example/',
    ]);
  });

  it('is what badges vouch for, but for the limits on sessions and the order of a list', () => {
    const draft = draftOf(APPLICATION);
    const names = (...chosen: string[]) => ({ chosen, text: chosen.join('\n') });
    for (const part of [
      ...[
        { name: 'Your bank' },
        { homePage: '' },
        { logo: { change: 'removed' as const } },
        { redirectUris: 'https://a.example/cb' },
        { schemesWithoutDot: true },
      ],
      ...[{ postLogoutRedirectUris: 'https://a.example' }, { asksAny: true }, { asked: names('a.read') }, { keys: '' }],
      ...[{ optional: names() }, { own: names() }],
    ])
      expect([part, changesVouched(APPLICATION, { ...draft, ...part }, CATALOGUE)]).toEqual([part, true]);
    const turned = {
      ...{ idle: '60', absolute: '', idTokenAlgorithm: 'ES256' as const, asked: names('a.write', 'a.read') },
      redirectUris: 'http://127.0.0.1/cb\n\nhttps://a.example/cb',
    };
    expect(changesVouched(APPLICATION, { ...draft, ...turned }, CATALOGUE)).toBe(false);
  });
});

describe('spans', () => {
  it('are said in the largest unit that fits', () => {
    expect([60, 90, 3600, 5400, 86_400, 2_592_000].map(spanOf)).toEqual([
      '1 minute',
      '90 seconds',
      '1 hour',
      '90 minutes',
      '1 day',
      '30 days',
    ]);
    expect(policySummary(null, null)).toBe('Until sign-out');
    expect(policySummary(3600, 86_400)).toBe('after 1 hour of inactivity, 1 day after sign-in');
  });

  it('offer what holds now, also when it is something else', () => {
    expect(spanChoices('7200').map(({ value }) => value)).toContain('7200');
    expect(spanChoices('')[0]).toEqual({ value: '', label: 'Never' });
  });
});
