import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MIGRATIONS } from './index.ts';

it('is numbered without gaps, in the order in which migrations run, each in a file of its name', () => {
  const names = MIGRATIONS.map(({ name }) => name);
  expect(names.map((name) => name.slice(0, 5))).toEqual(names.map((_, index) => `${String(index + 1).padStart(4, '0')}-`));
  const files = readdirSync(import.meta.dirname).filter((file) => /^\d/.test(file));
  expect(files.sort()).toEqual(names.map((name) => `${name}.ts`));
});
