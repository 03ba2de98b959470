import { describe, expect, it } from 'vitest';
import { matchesRedirectUri, redirectUriFault } from './redirect-uri.ts';

const STRICT = { allowsSchemesWithoutDot: false };
const WITHOUT_DOT = { allowsSchemesWithoutDot: true };

describe('a redirect URI', () => {
  it.each([
    'https://app.example.com/callback',
    'https://app.example.com',
    'https://app.example.com:8443/callback?tenant=7',
    'https://xn--bcher-kva.example/cb',
    'https://localhost/callback',
    'http://127.0.0.1/callback',
    'http://127.0.0.1:4711/callback',
    'http://[::1]/callback',
    'http://localhost:5173/',
    'http://localhost:5173',
    'com.example.app:/callback',
    'com.example.app://callback',
    'com.example.my-app:/oauth/done?x=1',
  ])('may be registered: %s', (uri) => {
    expect(redirectUriFault(uri, STRICT)).toBeNull();
  });

  it.each([
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'myapp:/callback',
    'vscode://vendor.extension/cb',
    'raycast://oauth',
    'my-app:cb',
  ])('may have a scheme without a dot where that was chosen: %s', (uri) => {
    expect(redirectUriFault(uri, STRICT)).toContain('without a dot');
    expect(redirectUriFault(uri, WITHOUT_DOT)).toBeNull();
  });

  it('may have the slash that URL libraries write behind a bare origin, or not, and nothing else', () => {
    for (const [registered, asked] of [
      ['https://app.example.com', 'https://app.example.com/'],
      ['https://app.example.com:8443', 'https://app.example.com:8443/'],
      ['http://localhost', 'http://localhost:5173/'],
      ['http://[::1]:3000', 'http://[::1]:9/'],
    ] as const) {
      expect(matchesRedirectUri([registered], asked), asked).toBe(true);
      expect(matchesRedirectUri([asked], registered), registered).toBe(true);
    }
    for (const [registered, asked] of [
      ['https://app.example.com', 'https://app.example.com//'],
      ['https://app.example.com', 'https://app.example.com/?'],
      ['https://app.example.com', 'https://app.example.com?'],
      ['https://app.example.com?x=1', 'https://app.example.com/?x=1'],
      ['https://app.example.com', 'https://app.example.com./'],
      ['https://app.example.com', 'http://app.example.com/'],
      ['https://app.example.com/cb', 'https://app.example.com/cb/'],
      ['com.example.app://host', 'com.example.app://host/'],
      ['com.example.app:', 'com.example.app:/'],
    ] as const) {
      expect(matchesRedirectUri([registered], asked), asked).toBe(false);
      expect(matchesRedirectUri([asked], registered), registered).toBe(false);
    }
  });

  it('is compared letter by letter', () => {
    const registered = ['https://app.example.com/callback', 'com.example.app:/callback'];
    for (const uri of registered) expect(matchesRedirectUri(registered, uri)).toBe(true);
    for (const asked of [
      'https://app.example.com/callback/',
      'https://app.example.com/callback?x=1',
      'https://app.example.com/Callback',
      'https://APP.example.com/callback',
      'https://app.example.com:443/callback',
      'https://app.example.com/callback#x',
      'https://app.example.com/a/../callback',
      'https://app.example.com/call%62ack',
      'http://app.example.com/callback',
      'com.example.app:/callback2',
      '',
    ])
      expect(matchesRedirectUri(registered, asked), asked).toBe(false);
  });

  it('on the same machine may have any port, because an installed program takes the one that is free (RFC 8252 §7.3)', () => {
    const registered = ['http://127.0.0.1/cb', 'http://[::1]:3000/cb?x=1', 'http://localhost'];
    for (const asked of ['http://127.0.0.1:1/cb', 'http://127.0.0.1:65535/cb', 'http://[::1]/cb?x=1', 'http://localhost:5173'])
      expect(matchesRedirectUri(registered, asked), asked).toBe(true);
  });
});
