/**
 * `@keyhouse/guard/openapi`, for Node: the document that `guard({ openapi })` takes, out of a file. Elsewhere import the document
 * as JSON.
 */
import { readFile } from 'node:fs/promises';
import { MAX_OPENAPI_BYTES, readOpenApiText } from '@keyhouse/openapi/text';

/**
 * Reads a document of OpenAPI 3.0, 3.1 or 3.2, JSON or YAML. `guard` checks whether every route in it has a permission, and
 * refuses to start otherwise.
 *
 * @example
 * import { guard } from '@keyhouse/guard/express';
 * import { readOpenApiFile } from '@keyhouse/guard/openapi';
 *
 * const openapi = await readOpenApiFile('openapi.yaml');
 * app.use(guard({ issuer: 'https://keys.example.com', key: process.env.KEYHOUSE_KEY ?? '', openapi }));
 *
 * @throws Error with the path of the file and a sentence, when there is none, it is larger than 16 MB, or it can be read in two ways.
 */
export async function readOpenApiFile(path: string): Promise<object> {
  const bytes = await readFile(path);
  if (bytes.byteLength > MAX_OPENAPI_BYTES) throw new Error(`${path}: The file is larger than 16 MB.`);
  const read = readOpenApiText(decode(path, bytes));
  if (!read.ok) throw new Error(`${path}: ${read.reason}`);
  return read.document;
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${path}: The file is not UTF-8.`);
  }
}
