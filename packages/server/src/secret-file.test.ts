import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readOrMakeSecretFile } from './secret-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyhouse-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const read = (isInUse: () => Promise<boolean>) => readOrMakeSecretFile(join(folder, 'keyhouse.db'), isInUse);

it('is made once, for its owner alone, also when several start at once', async () => {
  const secrets = await Promise.all(Array.from({ length: 5 }, () => read(async () => false)));
  expect(new Set(secrets.map(({ secret }) => secret)).size).toBe(1);
  expect(secrets[0]?.secret).toMatch(/^[0-9a-f]{64}$/);
  expect(readdirSync(folder)).toEqual(['secret']);
  expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
});

it('is the one that another process made between our two looks', async () => {
  const isInUse = async (): Promise<boolean> => {
    writeFileSync(join(folder, 'secret'), 'made by another process\n');
    return true;
  };
  expect((await read(isInUse)).secret).toBe('made by another process');
});

it('is never made for a database that has another', async () => {
  await expect(read(async () => true)).rejects.toThrow('is missing, but the database was created with it');
  expect(readdirSync(folder)).toEqual([]);
});
