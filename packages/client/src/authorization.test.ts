import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeRequest } from './authorization.ts';

const CONFIG = {
  issuer: 'https://keys.example.com',
  clientId: 'app_x',
  redirectUri: 'https://app.example.com/callback',
  permissions: [],
  scope: '',
};

const ELSEWHERE = [
  ...[
    'https://evil.example/',
    '//evil.example',
    '/.//evil.example',
    '/..//evil.example/x',
    '/%2e//evil.example',
    '/./\\evil.example',
  ],
  ...[
    '/a/..//evil.example',
    '\\\\evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'https:////evil.example',
    'https://app.example.com//evil.example',
  ],
  ...['javascript:alert(1)', 'data:text/html,x', 'https://app.example.com@evil.example/', 'http://app.example.com/', 'https://'],
];

describe.each([
  { where: 'in a page', page: true },
  { where: 'outside of a page', page: false },
])('where a sign-in comes back to, $where', ({ page }) => {
  const open = () => {
    if (!page) return;
    vi.stubGlobal('document', { baseURI: 'https://app.example.com/here/' });
    vi.stubGlobal('location', { href: 'https://app.example.com/here/?a=1#b', origin: 'https://app.example.com' });
  };
  afterEach(() => vi.unstubAllGlobals());
  const returnTo = async (text?: string) =>
    (await makeRequest(CONFIG, text === undefined ? {} : { returnTo: text })).pending.returnTo;

  it.each(ELSEWHERE)('is never another host: %j', async (text) => {
    open();
    await expect(returnTo(text)).rejects.toThrow('returnTo: must be a URL of this application.');
  });

  it('is a path of the application', async () => {
    open();
    expect(await returnTo('/invoices?page=2#last')).toBe('/invoices?page=2#last');
    expect(await returnTo('https://app.example.com/a')).toBe('/a');
    expect(await returnTo('/go?to=//evil.example')).toBe('/go?to=//evil.example');
    expect(await returnTo()).toBe(page ? '/here/?a=1#b' : null);
  });
});
