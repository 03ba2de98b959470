import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveRoutes } from '@keyhouse/openapi';
import { afterAll, expect, test } from 'vitest';
import { readOpenApiFile } from '../src/openapi-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyhouse-openapi-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const YAML = `openapi: 3.1.0
security: [{ key: [] }]
paths:
  /invoices:
    get: {}
    post: { x-permission: billing.write }
  /status:
    get: { security: [] }
`;

test('gives the document of a file, in YAML, in JSON and with a byte order mark', async () => {
  const document = await readOpenApiFile(file('a.yaml', YAML));
  expect(deriveRoutes(document)).toMatchObject({
    routes: [
      { methods: ['GET'], pattern: '/invoices', permission: 'invoices.read' },
      { methods: ['POST'], pattern: '/invoices', permission: 'billing.write' },
      { methods: ['GET'], pattern: '/status', public: true },
    ],
    faults: [],
  });
  expect(await readOpenApiFile(file('a.json', JSON.stringify(document)))).toEqual(document);
  expect(await readOpenApiFile(file('b.yaml', `\u{feff}${YAML}`))).toEqual(document);
});

test('names the file and what is wrong with it', async () => {
  const path = file('twice.yaml', 'paths: {}\npaths: {}');
  await expect(readOpenApiFile(path)).rejects.toThrow(`${path}: The file is neither JSON nor strict YAML`);
  await expect(readOpenApiFile(file('latin.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xe4)))).rejects.toThrow('not UTF-8');
  await expect(readOpenApiFile(file('large.json', new Uint8Array(16_000_001)))).rejects.toThrow('larger than 16 MB');
  await expect(readOpenApiFile(join(folder, 'none.yaml'))).rejects.toThrow('none.yaml');
});
