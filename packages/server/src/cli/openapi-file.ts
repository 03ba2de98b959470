/** An OpenAPI document from a file or from standard input, and what it says, or every fault of it. */
import { createReadStream } from 'node:fs';
import { type DerivedRoutes, deriveRoutes, MAX_OPENAPI_BYTES, readOpenApiText } from '@keyhouse/protocol';
import { readPermissions } from '../core/permissions/set-catalogue.ts';
import { readRoutes } from '../core/permissions/set-routes.ts';
import { refusal } from './failure.ts';

/** @throws CommandFailure with each fault and its place. */
export async function readOpenApi(file: string, base: string | undefined): Promise<DerivedRoutes> {
  const text = await readText(file === '-' ? process.stdin : createReadStream(file));
  const read = readOpenApiText(text, await import('yaml'));
  if (!read.ok) throw refusal('invalid', `The file was not accepted: ${read.reason}`);
  const derived = deriveRoutes(read.document, base === undefined ? {} : { base });
  // The lists have their own limits, and are read here as they would be from any other file.
  const faults = [...derived.faults, ...readPermissions(derived.permissions).faults, ...readRoutes(derived.routes).faults];
  if (faults.length > 0)
    throw refusal('invalid', `The file was not accepted:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  return derived;
}

async function readText(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.byteLength;
    if (length > MAX_OPENAPI_BYTES) throw refusal('invalid', 'The file was not accepted: it is larger than 16 MB.');
    chunks.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw refusal('invalid', 'The file was not accepted: it is not UTF-8.');
  }
}
