/** Every reason why a row is not imported is in the guide, and the guide names no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = import.meta.dirname;
const guide = join(folder, '..', '..', '..', 'docs', 'moving-in.md');

it('tells of each reason why a row is not taken', () => {
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const source = sources.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  const given = new Set([...source.matchAll(/refused\(\s*'([a-z_]+)'/g)].map(([, reason]) => reason));
  expect(given.size).toBeGreaterThan(20);
  const section = /## Why a row was not taken\n(.*?)\n## /s.exec(readFileSync(guide, 'utf8'))?.[1] ?? '';
  const cells = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell);
  const told = new Set(cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, reason]) => reason)));
  expect([...told].sort()).toEqual([...given].sort());
});
