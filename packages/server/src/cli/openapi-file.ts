/** An OpenAPI document from a file or from standard input, and its content, or every fault of it. */
import { createReadStream } from 'node:fs';
import type { DerivedRoutes } from '@keyhouse/openapi';
import { readPermissions } from '../core/permissions/set-catalogue.ts';
import { readRoutes } from '../core/permissions/set-routes.ts';
import { refusal } from './failure.ts';
import { loadPackage } from './optional-package.ts';

/** @throws CommandFailure with each fault and its place. */
export async function readOpenApi(file: string, base: string | undefined): Promise<DerivedRoutes> {
  const { deriveRoutes } = await loadPackage('@keyhouse/openapi', () => import('@keyhouse/openapi'));
  const { MAX_OPENAPI_BYTES, readOpenApiText } = await loadPackage('@keyhouse/openapi', () => import('@keyhouse/openapi/text'));
  const text = await readText(file === '-' ? process.stdin : createReadStream(file), MAX_OPENAPI_BYTES);
  const read = readOpenApiText(text);
  if (!read.ok) throw refusal('invalid', `The file was not accepted: ${read.reason}`);
  const derived = deriveRoutes(read.document, base === undefined ? {} : { base });
  // The lists have their own limits, and are read here as they would be from any other file.
  const faults = [...derived.faults, ...readPermissions(derived.permissions).faults, ...readRoutes(derived.routes).faults];
  if (faults.length > 0)
    throw refusal('invalid', `The file was not accepted:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  return derived;
}

async function readText(stream: AsyncIterable<Uint8Array | string>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.byteLength;
    if (length > maxBytes) throw refusal('invalid', 'The file was not accepted: it is larger than 16 MB.');
    chunks.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw refusal('invalid', 'The file was not accepted: it is not UTF-8.');
  }
}
