/** Runs the five minutes of the README as a fresh clone would. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compared, type Running, runReadme, STEPS } from './readme-steps.ts';

const root = resolve(import.meta.dirname, '..');

describe('the five minutes of the README', () => {
  let folder = '';
  let running: Running | null = null;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyhouse-readme-'));
    const place = {
      cwd: root,
      node: process.execPath,
      program: join(root, 'packages/server/bin/keyhouse.js'),
      // As npm does it: the repository's own Node first.
      path: [join(root, 'node_modules', '.bin')],
    };
    running = await runReadme(place, folder);
  });

  afterAll(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows every request of both founding documents', () => {
    const all = STEPS.map(({ lines }) => lines).join('\n');
    const requests = ['/auth/register', '/auth/login', '/cli/loggedUser', '/auth/tokens ', '/auth/tokens/rotate', '/auth/logout'];
    for (const request of [...requests.map((path) => `/api/v1${path}`), '4141/auth ', '/auth/introspect', '/auth/revoke'])
      expect(all).toContain(request);
  });

  it.each(STEPS.map((step, index) => [step.name, step, index] as const))('%s', (_name, step, index) => {
    const { actual, expected } = compared(step, running?.answers[index], running?.origin ?? '');
    expect(actual).toEqual(expected);
  });
});
