/** go-oidc with golang.org/x/oauth2, as Debian packages them: the web application in `go-oidc/`, compiled and run. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { type Place, startPlace, type Wish } from '../place.ts';
import { findProgram, startProgram, untilOpen } from '../programs.ts';

/** Where Debian puts the sources of libraries. */
const GOPATH = '/usr/share/gocode';
const go = findProgram('go');
const isThere = go !== undefined && existsSync(join(GOPATH, 'src/github.com/coreos/go-oidc'));
const prefix = isThere ? '' : '[needs golang-github-coreos-go-oidc-dev] ';

describe.skipIf(!isThere)(`${prefix}go-oidc 2`, () => {
  let folder: string;
  let program: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyhouse-go-oidc-'));
    program = join(folder, 'application');
    // Of this machine alone: no module, no toolchain and no C compiler is looked for.
    const settings = { GOPATH, GO111MODULE: 'off', GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOCACHE: join(folder, 'cache') };
    await promisify(execFile)(go ?? 'go', ['build', '-o', program, join(import.meta.dirname, 'go-oidc/main.go')], {
      env: { PATH: process.env.PATH, HOME: folder, ...settings },
    });
    return () => rmSync(folder, { recursive: true, force: true });
  });

  /** Keyhouse, and the program, registered and running. `told`: which algorithm its ID tokens are signed with; untold it takes RS256. */
  async function start(
    wish: Wish,
    told = '',
  ): Promise<{ readonly place: Place; readonly origin: string; stop(): Promise<void> }> {
    const place = await startPlace();
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const { clientId, secret } = await place.application({ ...wish, redirectUris: [`${origin}/callback`] });
    const running = startProgram(program, [], {
      cwd: folder,
      env: {
        ...{ ISSUER: place.issuer, ORIGIN: origin, ADDRESS: `127.0.0.1:${port}` },
        ...{ CLIENT_ID: clientId, CLIENT_SECRET: secret ?? '', ALGORITHM: told },
      },
    });
    const stop = async () => {
      await running.stop();
      await place.stop();
    };
    await untilOpen(port, running);
    return { place, origin, stop };
  }

  describe.each([
    ['by its defaults', { kind: 'confidential', idTokenAlgorithm: 'RS256' }, ''],
    ['told that ID tokens come by ES256', { kind: 'confidential', idTokenAlgorithm: 'ES256' }, 'ES256'],
    ['as a public client', { kind: 'public', idTokenAlgorithm: 'RS256' }, ''],
  ] as const)('%s', (_, wish, told) => {
    let place: Place;
    let origin: string;
    beforeAll(async () => {
      const started = await start(wish, told);
      ({ place, origin } = started);
      return () => started.stop();
    });

    it('signs somebody in: their name and address are in the ID token, and userinfo says the same', async () => {
      const person = await place.newPerson();
      const shown = await person.browse(`${origin}/login`);
      expect(person.met).toEqual(['/consent']);
      expect([shown.url.pathname, shown.status], shown.text).toEqual(['/callback', 200]);
      const { claims, userInfo } = JSON.parse(shown.text);
      expect(claims).toMatchObject({ iss: place.issuer, email: person.email, name: expect.stringMatching(/./) });
      expect(userInfo).toMatchObject({ sub: claims.sub, email: person.email, email_verified: false });
    });

    it('calls with its JWT, and refreshes by itself when that is over', async () => {
      const person = await place.newPerson();
      const { claims } = JSON.parse((await person.browse(`${origin}/login`)).text);
      expect(JSON.parse((await person.browse(`${origin}/call`)).text)).toEqual({ status: 200 });
      for (let round = 0; round < 3; round++) {
        const { status, refreshed } = JSON.parse((await person.browse(`${origin}/call?late`)).text);
        expect([status, refreshed.sub, refreshed.email]).toEqual([200, claims.sub, person.email]);
      }
    });

    it('signs nobody in who denies, and says why', async () => {
      const person = await place.newPerson();
      const shown = await person.browse(`${origin}/login`, { decision: 'deny' });
      expect([shown.status, shown.text]).toEqual([400, expect.stringContaining('access_denied')]);
      expect((await person.browse(`${origin}/call`)).text).toBe('nobody is signed in\n');
    });

    it('takes no answer that was meant for another browser, and none twice', async () => {
      const [ada, eve] = [await place.newPerson(), await place.newPerson()];
      const isBack = ({ href }: URL): boolean => href.startsWith(`${origin}/callback`);
      const { url } = await eve.browse(`${origin}/login`, { isThere: isBack });
      expect((await ada.browse(url)).text).toBe('state did not match\n');
      expect((await eve.browse(url)).status).toBe(200);
      expect((await eve.browse(url)).text).toContain('invalid_grant');
    });
  });

  it('takes no ID token by ES256 where it was not told of it, and says so', async () => {
    const { place, origin, stop } = await start({ kind: 'confidential', idTokenAlgorithm: 'ES256' });
    try {
      const shown = await (await place.newPerson()).browse(`${origin}/login`);
      expect([shown.status, shown.text]).toEqual([400, expect.stringContaining('expected ["RS256"] got "ES256"')]);
    } finally {
      await stop();
    }
  });
});
