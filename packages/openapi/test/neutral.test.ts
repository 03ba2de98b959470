import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const source = resolve(import.meta.dirname, '../src');
const files = readdirSync(source).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

test.each(files)('%s runs anywhere: imports only its neighbours and protocol, and names nothing that only Node has', (name) => {
  const text = readFileSync(resolve(source, name), 'utf8');
  const imports = [...text.matchAll(/\bfrom '([^']+)'/g)].map(([, path]) => path);
  // The library for YAML stays out of what a guard in a worker bundles.
  for (const path of imports)
    expect(path).toMatch(
      name === 'text.ts' ? /^(\.\/[a-z0-9-]+\.ts|@keyhouse\/protocol|yaml)$/ : /^(\.\/[a-z0-9-]+\.ts|@keyhouse\/protocol)$/,
    );
  expect(text).not.toMatch(/\b(?:process\.|Buffer\.|require\(|__dirname|globalThis)/);
});
