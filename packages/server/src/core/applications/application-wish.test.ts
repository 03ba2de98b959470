import { describe, expect, it } from 'vitest';
import { type Application, type ApplicationSettings, DEFAULT_SETTINGS } from './application.ts';
import { checkApplication } from './application-wish.ts';

const catalogue = {
  exists: (name: string) => ['invoices.read', 'invoices.write', 'payouts.write'].includes(name),
  isGrantable: (name: string) => name.startsWith('invoices.'),
};
const GOOD = { ...DEFAULT_SETTINGS, name: 'Reader', redirectUris: ['https://reader.example.com/cb'] };
const faults = (
  settings: Partial<ApplicationSettings>,
  kind: Application['kind'] = 'confidential',
  changed?: ReadonlySet<string>,
) => checkApplication({ ...GOOD, ...settings, kind }, catalogue, changed).map(({ field }) => field);

describe('the settings of an application', () => {
  it.each<[string, Partial<ApplicationSettings>]>([
    ['as little as a name', {}],
    ['no list of its own', { permissions: null, optionalPermissions: ['invoices.read'] }],
    ['signing in alone', { permissions: [] }],
    ['what is grantable', { permissions: ['invoices.read', 'invoices.write'], optionalPermissions: ['invoices.write'] }],
    ['of its own also what is not grantable', { ownPermissions: ['payouts.write'] }],
    ['no redirect URI, when it acts by itself', { redirectUris: [] }],
    ['a minute and 400 days', { idleSeconds: 60, absoluteSeconds: 34_560_000 }],
    ['a home page', { homePage: 'http://reader.example.com/about?x=1#y' }],
    ['a name of other letters', { name: 'Ängström’s 読者' }],
  ])('may be %s', (_, settings) => {
    expect(faults(settings)).toEqual([]);
  });

  it.each<[string, Partial<ApplicationSettings>, string]>([
    ['no name', { name: ' ' }, 'name'],
    ['a name too long', { name: 'x'.repeat(101) }, 'name'],
    ['a name of two lines', { name: 'a\nb' }, 'name'],
    ['a name that turns the page round', { name: 'a\u202Eb' }, 'name'],
    ['a name with letters that nobody sees', { name: 'Your\u200Bbank' }, 'name'],
    ['a home page that is a script', { homePage: 'javascript:alert(1)' }, 'homePage'],
    ['a home page with a password', { homePage: 'https://a:b@example.com' }, 'homePage'],
    ['a bad redirect URI', { redirectUris: ['http://example.com'] }, 'redirectUris'],
    ['one redirect URI twice', { redirectUris: ['https://a.example/', 'https://a.example/'] }, 'redirectUris'],
    ['21 redirect URIs', { redirectUris: Array.from({ length: 21 }, (_, at) => `https://a.example/${at}`) }, 'redirectUris'],
    ['a bad page to sign out to', { postLogoutRedirectUris: ['//x'] }, 'postLogoutRedirectUris'],
    ['a permission that does not exist', { permissions: ['cats.read'] }, 'permissions'],
    ['one that is not grantable', { permissions: ['payouts.write'] }, 'permissions'],
    ['one that is reserved', { permissions: ['keyhouse.verify'] }, 'permissions'],
    ['a wildcard', { permissions: ['*.read'] }, 'permissions'],
    ['one twice', { permissions: ['invoices.read', 'invoices.read'] }, 'permissions'],
    [
      'an optional one that is not asked for',
      { permissions: ['invoices.read'], optionalPermissions: ['invoices.write'] },
      'optionalPermissions',
    ],
    ['an optional one that is not grantable', { optionalPermissions: ['payouts.write'] }, 'optionalPermissions'],
    ['by itself everything', { ownPermissions: ['*'] }, 'ownPermissions'],
    ['by itself what is the operator’s', { ownPermissions: ['keyhouse.verify'] }, 'ownPermissions'],
    ['by itself what does not exist', { ownPermissions: ['cats.read'] }, 'ownPermissions'],
    ['less than a minute', { idleSeconds: 59 }, 'idleSeconds'],
    ['more than 400 days', { absoluteSeconds: 34_560_001 }, 'absoluteSeconds'],
    ['a part of a second', { absoluteSeconds: 60.5 }, 'absoluteSeconds'],
    ['keys that are none', { jwks: { keys: [] } }, 'jwks'],
  ])('may not be %s', (_, settings, field) => {
    expect(faults(settings)).toEqual([field]);
  });

  it('of a public application hold nothing that takes a secret, and somewhere to go back to', () => {
    expect(faults({ ownPermissions: ['invoices.read'], redirectUris: [] }, 'public')).toEqual(['redirectUris', 'ownPermissions']);
    expect(faults({ jwks: { keys: [{}] } }, 'public')).toEqual(['jwks']);
  });

  it('that stay as they are, are not judged again', () => {
    const stale: Partial<ApplicationSettings> = { permissions: ['left.read'], ownPermissions: ['left.write'], name: 'New' };
    expect(faults(stale, 'confidential', new Set(['name']))).toEqual([]);
    expect(faults({ ...stale, optionalPermissions: ['invoices.read'] }, 'confidential', new Set(['permissions']))).toEqual([
      'permissions',
      'optionalPermissions',
    ]);
  });
});
