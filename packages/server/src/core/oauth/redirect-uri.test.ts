import { describe, expect, it } from 'vitest';
import { matchesRedirectUri, redirectUriFault } from './redirect-uri.ts';

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
    expect(redirectUriFault(uri)).toBeNull();
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
