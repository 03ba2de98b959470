/** The operator's pages, requested by users who are not administrators, and by administrators who go too far. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserWith } from '../../../../test/dashboard-browser.ts';
import { newAdministrator, newPerson, newTeam } from '../../../../test/people.ts';
import { png } from '../../../../test/pictures.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';
import { IN_THE_ACT } from '../../../core/authority.ts';
import { api } from '../api/index.ts';

const OF_THE_OPERATOR = Object.entries(api).filter(([name]) => name.split(' ')[1]?.startsWith('/operator/'));

describe("the operator's pages", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('are closed to everybody who is no administrator, whatever they own', async () => {
    const owner = await newPerson(server);
    await newTeam(owner);
    const nobody = browserWith(server, '');
    expect(OF_THE_OPERATOR.length).toBeGreaterThan(25);
    for (const [name, endpoint] of OF_THE_OPERATOR) {
      expect(endpoint.who, name).toBe('administrator');
      const [method = '', path = ''] = name.split(' ');
      const body = 'body' in endpoint ? {} : undefined;
      const ask = { method, ...(body === undefined ? {} : { body }) };
      const served = await owner.ask(path.replace(':id', String(owner.id)), ask);
      // What another hand still has to serve is not there at all.
      if (served.status === 404 && served.json?.message === 'Not found.') continue;
      expect(served.status, name).toBe(403);
      expect((await nobody.ask(path.replace(':id', '1'), ask)).status, name).toBe(401);
    }
  });

  it('ask for the password again before anything is changed', async () => {
    const administrator = await newAdministrator(server);
    const { id } = await newPerson(server);
    server.advance(10 * 60_000 + 1);
    try {
      for (const [method, path, body] of [
        ['POST', `/operator/users/${id}/disable`, undefined],
        ['POST', `/operator/users/${id}/enable`, undefined],
        ['POST', `/operator/users/${id}/reset-second-factor`, undefined],
        ['POST', `/operator/users/${id}/end-sign-ins`, undefined],
        ['PUT', `/operator/users/${id}/administrator`, { administrator: true }],
        ['POST', '/operator/invitations', { email: 'x@example.com' }],
        ['PUT', '/operator/permissions', { permissions: [] }],
        ['PUT', '/operator/routes', { routes: [] }],
        ['POST', '/operator/signing-keys/rotate', { emergency: true }],
        ['PUT', '/operator/signing-keys/schedule', { days: 1 }],
        ['POST', '/operator/limits/clear', { email: 'x@example.com' }],
        ['PUT', '/operator/brand', { name: 'X', accent: '#000000' }],
      ] as const) {
        const answer = await administrator.ask(path, { method, body });
        expect([answer.status, answer.json.proof], `${method} ${path}`).toEqual([403, 'required']);
      }
    } finally {
      server.advance(-10 * 60_000 - 1);
    }
  });

  it('shut at once for somebody who loses the flag, and leave them their own pages', async () => {
    const [a, b] = [await newAdministrator(server), await newAdministrator(server)];
    expect((await b.ask('/operator/users')).status).toBe(200);
    const taken = { method: 'PUT', body: { administrator: false } };
    expect((await a.ask(`/operator/users/${b.id}/administrator`, taken)).status).toBe(204);
    expect((await b.ask('/operator/users')).status).toBe(403);
    expect((await b.ask('/accounts/1/members')).status).toBe(404);
    expect((await b.ask('/me')).status).toBe(200);
    // A request of theirs that was in progress finds the flag gone in its act.
    const by = { actor: `user:${b.id}`, requestId: null, person: {}, authority: IN_THE_ACT } as const;
    const held = { userId: a.id, actorId: b.id, by };
    expect(await server.keyhouse.administration.setAdministrator({ ...held, isAdministrator: false })).toBe('not_allowed');
    expect(await server.keyhouse.administration.resetSecondFactor(held)).toBe('not_allowed');
    expect(await server.keyhouse.users.disable({ userId: a.id, administratorId: b.id, by })).toMatchObject({ ok: false });
    const inviter = { id: b.id, email: b.email, displayName: '' };
    expect(await server.keyhouse.teams.inviteToRegister({ inviter, email: 'x@example.com', by })).toBe('not_allowed');
    expect((await a.ask('/operator/users')).status).toBe(200);
  });

  it('keep the last administrator from taking their own flag or disabling themself', async () => {
    const alone = await startTestServer();
    try {
      const root = await newAdministrator(alone);
      const taken = { method: 'PUT', body: { administrator: false } };
      const answer = await root.ask(`/operator/users/${root.id}/administrator`, taken);
      expect([answer.status, Object.keys(answer.json.errors)]).toEqual([422, ['administrator']]);
      expect((await root.ask(`/operator/users/${root.id}/disable`, { method: 'POST' })).status).toBe(422);
      expect((await root.ask('/operator/users')).status).toBe(200);
    } finally {
      await alone.stop();
    }
  });

  it('take no logo that could run, and serve the one they have so that nothing in it can', async () => {
    const administrator = await newAdministrator(server);
    const put = (logo: string | Buffer, more = {}) =>
      administrator.ask('/operator/brand', {
        method: 'PUT',
        body: { name: 'Acme', accent: '#1d4ed8', logo: Buffer.from(logo).toString('base64'), ...more },
      });
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>';
    for (const bad of [
      'GIF89a',
      '<html><svg></svg></html>',
      svg,
      svg.replace('<rect', '<script>alert(1)</script><rect'),
      `${'<!---->'.repeat(50)}x`,
      png(5000, 1),
      Buffer.concat([png(), Buffer.alloc(100_001)]),
    ]) {
      const answer = await put(bad);
      expect([answer.status, Object.keys(answer.json?.errors ?? {})], String(bad).slice(0, 60)).toEqual([422, ['logo']]);
    }
    expect((await put('', { logo: 'not base64!' })).status).toBe(422);
    expect((await put(png())).status).toBe(204);
    const { json } = await administrator.ask('/operator/brand');
    const logo = await server.request(json.logo_url);
    expect(logo.headers).toMatchObject({
      'content-type': 'image/png',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    expect(
      (await administrator.ask('/operator/brand', { method: 'PUT', body: { name: 'Acme', accent: '#1d4ed8', logo: null } }))
        .status,
    ).toBe(204);
    expect((await server.request(json.logo_url)).status).toBe(404);
  });
});
