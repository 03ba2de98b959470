/** OAuth 2.0 for Native Apps. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openScene, type Scene } from './scene.ts';

describe('RFC 8252', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  it('sends the browser to a private-use scheme', async () => {
    const uri = 'com.example.app:/callback';
    const client = await scene.application({ redirectUris: [uri] });
    const asked = await scene.ask(client, { redirect_uri: uri });
    expect(asked.url.href.startsWith(`${uri}?code=`)).toBe(true);
    expect((await scene.redeem(client, asked)).status).toBe(200);
  });

  it('takes whatever port a program has opened on the loopback address, by IPv4 and by IPv6', async () => {
    const client = await scene.application({ redirectUris: ['http://127.0.0.1/callback', 'http://[::1]/callback'] });
    for (const uri of ['http://127.0.0.1:51004/callback', 'http://[::1]:61023/callback', 'http://127.0.0.1/callback']) {
      const asked = await scene.ask(client, { redirect_uri: uri });
      expect(asked.url.href.startsWith(`${uri}?code=`)).toBe(true);
      expect((await scene.redeem(client, asked)).status).toBe(200);
    }
  });

  it('takes nothing but another port there: no other path, host or scheme', async () => {
    const client = await scene.application({ redirectUris: ['http://127.0.0.1/callback'] });
    for (const uri of [
      'http://127.0.0.1:51004/other',
      'http://localhost:51004/callback',
      'http://127.0.0.2:51004/callback',
      'https://127.0.0.1:51004/callback',
      'http://127.0.0.1:51004@attacker.example.com/callback',
      'http://127.0.0.1:99999/callback',
    ])
      expect([uri, (await scene.look(scene.requestOf(client, { redirect_uri: uri }))).status]).toEqual([uri, 400]);
  });

  it('takes no other port elsewhere', async () => {
    const url = scene.requestOf(scene.spa, { redirect_uri: 'https://app.example.com:8443/callback' });
    expect((await scene.look(url)).status).toBe(400);
  });

  it('asks people also for an application of the operator’s own, where any program on the machine could pose as it', async () => {
    const uri = 'com.example.own:/callback';
    const own = await scene.application({ redirectUris: [uri], isFirstParty: true });
    const before = scene.person.met.length;
    await scene.ask(own, { redirect_uri: uri });
    expect(scene.person.met.slice(before)).toEqual(['/consent']);
  });

  it('asks each time, as if nothing had been allowed before, where other programs could pose as the application (§8.6)', async () => {
    for (const uri of ['com.example.app:/callback', 'http://127.0.0.1/callback']) {
      const client = await scene.application({ redirectUris: [uri] });
      const before = scene.person.met.length;
      for (const _ of [1, 2]) await scene.ask(client, { redirect_uri: uri });
      expect(scene.person.met.slice(before)).toEqual(['/consent', '/consent']);
    }
    const claimed = await scene.application({});
    const before = scene.person.met.length;
    for (const _ of [1, 2]) await scene.ask(claimed);
    expect(scene.person.met.slice(before)).toEqual(['/consent']);
  });

  it('registers no address that others could take: plain HTTP elsewhere, schemes of the system, schemes without a dot', async () => {
    for (const uri of [
      'http://app.example.com/callback',
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc',
      'myapp:/callback',
    ])
      await expect(scene.application({ redirectUris: [uri] }), uri).rejects.toThrow('redirect');
  });
});
