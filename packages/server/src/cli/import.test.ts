/** What a person reads of an import; what it does is tested in test/flows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BCRYPT_10, makeSanctum, newSecret } from '../../../import/test/sanctum.ts';
import { type Bench, openBench } from './test-helper.ts';

describe('an import at the command line', () => {
  let bench: Bench;
  let url: string;
  beforeAll(async () => {
    bench = openBench();
    url = `sqlite:${join(bench.folder, 'laravel.db')}`;
    await makeSanctum(url, {
      users: [{ id: 1, email: 'ada@example.com', password: BCRYPT_10 }],
      tokens: Array.from({ length: 30 }, (_, index) => ({
        ...{ id: index + 1, user: index < 5 ? 1 : 77, secret: newSecret() },
        name: index === 0 ? 'x'.repeat(300) : 'phone',
      })),
    });
  });
  afterAll(() => bench.clear());

  it('refuses a dry run where there is no database, and makes none', async () => {
    const { exitCode, stderr } = await bench.run(['import', 'sanctum', '--from', url, '--dry-run']);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('There is no database')]);
  });

  it('is told in one table and the first twenty rows that were not taken, all with --json', async () => {
    const source = join(bench.folder, 'source');
    writeFileSync(source, `${url}\n`);
    const { exitCode, stdout } = await bench.run(['import', 'sanctum', '--from-file', source]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('Imported. Running servers accept these credentials from now on.\n');
    expect(stdout).toContain(
      [
        '        READ  IMPORTED  ALREADY HERE  INACTIVE  NOT IMPORTED',
        'users      1         1             0         0             0',
        'tokens    30         5             0         0            25',
        '',
        'Names that were shortened or had control characters removed: 1.',
        '',
        'Not imported:',
        '  token, id 6: No user has its tokenable_id.',
      ].join('\n'),
    );
    expect(stdout.split('\n').filter((line) => line.startsWith('  token, '))).toHaveLength(20);
    expect(stdout).toContain('  … and 5 more. --json lists all of them.');
    const again = await bench.run(['import', 'sanctum', '--from-file', '-', '--json'], { input: url });
    expect(JSON.parse(again.stdout)).toMatchObject({ tokens: { taken: 0, already: 5 }, not_taken: { length: 25 } });
    expect((await bench.run(['import', 'sanctum', '--from', url])).stdout).toMatch(/^Nothing was changed\.\n/);
  });

  it('shows in the lists where a credential came from', async () => {
    expect((await bench.run(['token', 'list'])).stdout).toContain('imported: sanctum');
    const { tokens } = await bench.json(['token', 'list']);
    expect(tokens).toMatchObject(Array.from({ length: 5 }, () => ({ imported_from: 'sanctum', user: 1 })));
  });

  it('ends with 0 when every row was taken, and reads standard input', async () => {
    const list = `hash,permissions\n${'ab'.repeat(32)},*\n`;
    const { exitCode, stdout } = await bench.run(['import', 'keys', '-', '--format', 'csv', '--account', '1'], { input: list });
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^keys +1 +1 +0 +0 +0$/m)]);
    expect((await bench.run(['key', 'list'])).stdout).toContain('imported: csv');
    for (const [content, said] of [
      ['hash,colour\n', 'an unknown column'],
      ['name\nx\n', 'does not have hash'],
      ['', 'no header'],
      ['hash,hash\n', 'occurs twice'],
    ]) {
      const refused = await bench.run(['import', 'keys', '-', '--format', 'csv', '--account', '1'], { input: content ?? '' });
      expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining(said ?? '')]);
    }
    const latin = join(bench.folder, 'latin.csv');
    writeFileSync(latin, Buffer.from('hash,name,permissions\nx,M\xfcller,*\n', 'latin1'));
    const refused = await bench.run(['import', 'keys', latin, '--format', 'csv', '--account', '1']);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('not UTF-8')]);
  });
});
