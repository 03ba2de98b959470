import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const source = resolve(import.meta.dirname, '../src');
const files = readdirSync(source).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

test.each(files)('%s runs anywhere: imports only its neighbours and names nothing that only Node has', (name) => {
  const text = readFileSync(resolve(source, name), 'utf8');
  const imports = [...text.matchAll(/\bfrom '([^']+)'/g)].map(([, path]) => path);
  // ipaddr.js is as neutral as we are: addresses should not be parsed by our own code.
  for (const path of imports)
    expect(path).toMatch(name === 'addresses.ts' ? /^(\.\/[a-z0-9-]+\.ts|ipaddr\.js)$/ : /^\.\/[a-z0-9-]+\.ts$/);
  expect(text).not.toMatch(/\b(?:process\.|Buffer\.|require\(|__dirname|globalThis)/);
});
