import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';
import { leavesOf, renderReference } from './reference.ts';

describe('the commands', () => {
  const leaves = leavesOf(createProgram());

  it('are all there', () => {
    expect(leaves.map(({ path }) => path)).toEqual([
      'serve',
      'migrate',
      'doctor',
      'user create',
      'user list',
      'user disable',
      'user enable',
      'user reset-password',
      'user reset-factors',
      'account list',
      'account show',
      'account suspend',
      'account resume',
      'account delete',
      'key create',
      'key list',
      'key show',
      'key revoke',
      'key rotate',
      'key narrow',
      'token list',
      'token revoke',
      'jwt list',
      'jwt revoke',
      'app create',
      'app list',
      'app show',
      'app update',
      'app rotate-secret',
      'app verify',
      'app unverify',
      'app delete',
      'permission list',
      'permission set',
      'permission import',
      'import sanctum',
      'import keys',
      'signing-key list',
      'signing-key rotate',
      'secret rotate',
      'audit list',
      'audit verify',
      'explain',
      'backup',
    ]);
  });

  it.each(leaves)('$path takes --json', ({ command }) => {
    expect(command.options.map(({ long }) => long)).toContain('--json');
  });

  it('ask before what cannot be undone', () => {
    const asking = leaves.filter(({ command }) => command.options.some(({ long }) => long === '--yes')).map(({ path }) => path);
    expect(asking).toEqual([
      'user disable',
      'user reset-factors',
      'account delete',
      'key revoke',
      'key rotate',
      'key narrow',
      'token revoke',
      'jwt revoke',
      'app rotate-secret',
      'app delete',
      'permission set',
      'permission import',
      'signing-key rotate',
      'secret rotate',
    ]);
  });

  it('are described in docs/cli.md word for word', async () => {
    const page = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'cli.md');
    await expect(renderReference()).toMatchFileSnapshot(page);
  });
});
