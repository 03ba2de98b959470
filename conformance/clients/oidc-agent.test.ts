/**
 * oidc-agent, as Debian packages it: it keeps a session for whatever runs in a shell, with its refresh token in an encrypted file, and hands out JWTs.
 * Each test is what somebody types.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import { freePort } from '../free-port.ts';
import type { Person } from '../person.ts';
import { type Place, startPlace } from '../place.ts';
import { findProgram, type RunningProgram, startProgram, untilOpen, untilReady } from '../programs.ts';

const isInstalled = findProgram('oidc-agent') !== undefined;
const prefix = isInstalled ? '' : '[needs oidc-agent-cli] ';

const SCHEME = 'edu.kit.data.oidc-agent:/redirect';
/** What its documents advise to register. */
const REDIRECT_URIS = ['http://localhost:4242', 'http://localhost:8080', 'http://localhost:43985', SCHEME];
/** Longer than a JWT lives: it has to refresh. */
const AT_LEAST = '--time=601';

describe.skipIf(!isInstalled).each(['confidential', 'public'] as const)(`${prefix}oidc-agent 4, as a %s client`, (kind) => {
  let place: Place;
  let person: Person;
  let application: TestApplication;
  let folder: string;
  let environment: Record<string, string | undefined>;
  let agent: RunningProgram;

  beforeAll(async () => {
    place = await startPlace();
    person = await place.newPerson();
    application = await place.application({ kind, redirectUris: REDIRECT_URIS });
    folder = mkdtempSync(join(tmpdir(), 'keyhouse-oidc-agent-'));
    mkdirSync(join(folder, 'configuration'), { mode: 0o700 });
    writeFileSync(join(folder, 'password'), 'of the file of this test\n', { mode: 0o600 });
    environment = {
      ...{ PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
      ...{ OIDC_CONFIG_DIR: join(folder, 'configuration'), OIDC_SOCK: join(folder, 'agent') },
    };
    await startAgent();
    return async () => {
      await agent.stop();
      await place.stop();
      rmSync(folder, { recursive: true, force: true });
    };
  });

  const run = (program: string, ...args: readonly string[]): RunningProgram =>
    startProgram(findProgram(program) ?? program, args, { cwd: folder, env: environment });

  async function startAgent(): Promise<void> {
    const socket = join(folder, 'agent');
    rmSync(socket, { force: true });
    agent = run('oidc-agent', '--console', '--no-autoreauthenticate', `--socket-path=${socket}`);
    await untilOpen(socket, agent);
  }

  /** What the program wrote when it ended well. */
  async function said(program: RunningProgram): Promise<string> {
    const code = await program.ended;
    if (code !== 0) throw new Error(`It ended with ${code}: ${program.output()}`);
    return program.output().trim();
  }
  const unasked = (): readonly string[] => ['--prompt=none', '--confirm-yes', `--pw-file=${join(folder, 'password')}`];

  /** As far as the address that the person opens in a browser. Without a display it takes the device flow, unless it is told. */
  async function begin(
    name: string,
    ...more: readonly string[]
  ): Promise<{ readonly program: RunningProgram; readonly url: string }> {
    const { clientId, secret } = application;
    const program = run(
      ...(['oidc-gen', name, '--manual', '--flow=code', '--no-url-call', `--issuer=${place.issuer}`] as const),
      ...[`--client-id=${clientId}`, `--client-secret=${secret ?? ''}`, '--scope=openid profile email invoices.read'],
      ...[...unasked(), ...more],
    );
    const url = (): string | undefined => /^http:\S+\/auth\?\S+(?=\n)/m.exec(program.output())?.[0];
    await untilReady(() => url() !== undefined, program);
    return { program, url: url() ?? '' };
  }

  async function signIn(name: string): Promise<void> {
    const { program, url } = await begin(name, `--port=${await freePort()}`);
    const shown = await person.browse(url);
    expect([shown.status, shown.text]).toEqual([200, expect.stringContaining('Success')]);
    expect(await said(program)).toContain('Everything setup correctly!');
  }

  const statusOf = async (jwt: string): Promise<number> =>
    (await place.server.request('/verify/api/invoices', { bearer: jwt })).status;

  it('signs somebody in over its own web server, and hands out a JWT that the API takes', async () => {
    await signIn('first');
    const jwt = await said(run('oidc-token', 'first'));
    expect(await statusOf(jwt)).toBe(200);
    // Kept as long as it is valid.
    expect(await said(run('oidc-token', 'first'))).toBe(jwt);
  });

  it('refreshes by itself, again and again, also when it was started anew in between', async () => {
    await signIn('second');
    const jwts = [await said(run('oidc-token', 'second'))];
    for (let start = 0; start < 2; start++) {
      for (let refresh = 0; refresh < 2; refresh++) jwts.push(await said(run('oidc-token', AT_LEAST, 'second')));
      await agent.stop();
      await startAgent();
      await said(run('oidc-add', `--pw-file=${join(folder, 'password')}`, 'second'));
    }
    expect(new Set(jwts).size).toBe(5);
    for (const jwt of jwts) expect(await statusOf(jwt)).toBe(200);
  });

  it('signs somebody in over its private scheme', async () => {
    const { program, url } = await begin('third', '--no-webserver', `--redirect-uri=${SCHEME}`);
    const answer = await person.answerTo(url, SCHEME);
    await said(run('oidc-gen', ...unasked(), `--codeExchange=${answer.href}`));
    await said(program);
    expect(await statusOf(await said(run('oidc-token', 'third')))).toBe(200);
  });

  it('asks for less, and is told by name that there is no more', async () => {
    await signIn('fourth');
    expect(await statusOf(await said(run('oidc-token', '--scope=openid', 'fourth')))).toBe(403);
    await expect(said(run('oidc-token', '--scope=invoices.write', 'fourth'))).rejects.toThrow('invalid_scope');
    expect(await statusOf(await said(run('oidc-token', '--scope=invoices.read', 'fourth')))).toBe(200);
  });

  it('gets nothing more when its session has ended, and says why', async () => {
    await signIn('fifth');
    const jwt = await said(run('oidc-token', 'fifth'));
    const { refresh_token: token } = JSON.parse(await said(run('oidc-gen', '--print=fifth', ...unasked())));
    const { clientId, secret } = application;
    const proof = { client_id: clientId, ...(secret === null ? {} : { client_secret: secret }) };
    expect((await place.server.request('/auth/revoke', { body: { token, ...proof } })).status).toBe(200);
    expect(await statusOf(jwt)).toBe(401);
    await expect(said(run('oidc-token', AT_LEAST, 'fifth'))).rejects.toThrow('invalid_grant');
  });
});
