/** Ways in which an answer can be invalid. Those that never end are separate. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { json, type Spoil } from './issuer.ts';

const AS_JSON = { 'content-type': 'application/json' };

/** Until the reader closes the connection. */
function forEver(response: ServerResponse, chunk: Uint8Array | string, everyMs: number): void {
  const write = (): void => {
    if (response.destroyed) return;
    if (everyMs > 0) {
      response.write(chunk);
      setTimeout(write, everyMs);
    } else response.write(chunk, () => setImmediate(write));
  };
  write();
}

/** A megabyte of nothing in a kilobyte, three hundred times. */
const megabyte = gzipSync(Buffer.alloc(1024 * 1024, ' '));
const bomb = Buffer.concat(Array.from({ length: 300 }, () => megabyte));

export const SLOW: Readonly<Record<string, Spoil>> = {
  'never answers': () => {},
  'drips a byte a second': (response) => {
    response.writeHead(200, AS_JSON);
    forEver(response, ' ', 1000);
  },
  'sends its headers and nothing more': (response) => {
    response.writeHead(200, { ...AS_JSON, 'content-length': '20' });
    response.flushHeaders();
  },
};

export const BROKEN: Readonly<Record<string, Spoil>> = {
  'answers with a page': (response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>Sign in to the network</title>');
  },
  'answers with garbage': json(Buffer.from('9f8e7d6c5b4a39281706f5e4d3c2b1a0ff00fe', 'hex')),
  'answers with text that is no JSON': json('active: true'),
  'answers with half of it': json('{"active":tr'),
  'answers with nothing': json(''),
  'answers with no content': (response) => void response.writeHead(204).end(),
  'answers with a list': json([]),
  'answers with a number': json('1e400'),
  'answers with deep nesting': json('['.repeat(100_000) + ']'.repeat(100_000)),
  'says something twice': json('{"active":true,"active":true,"keys":[],"keys":[],"results":[],"results":[]}'),
  'answers without end': (response) => {
    response.writeHead(200, AS_JSON);
    forEver(response, Buffer.alloc(65_536, ' '), 0);
  },
  'answers with a bomb of gzip': json(bomb, { 'content-encoding': 'gzip' }),
  'answers with gzip that is none': json('{"active":false}', { 'content-encoding': 'gzip' }),
  'answers with 500': (response) => void response.writeHead(500, AS_JSON).end('{"active":true}'),
  'answers with 429': (response) => void response.writeHead(429, { ...AS_JSON, 'retry-after': '99999' }).end('{"active":true}'),
  'answers with 401': (response) => void response.writeHead(401, AS_JSON).end('{"message":"Unauthenticated."}'),
  'says that it is something else': (response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('{}'),
  'says nothing of what it is': (response) => void response.writeHead(200).end('{"active":true}'),
  'hangs up within the headers': (response) => {
    response.socket?.end('HTTP/1.1 200 OK\r\nContent-Type: appl');
  },
  'hangs up within the body': (response) => {
    response.writeHead(200, { ...AS_JSON, 'content-length': '1000' });
    response.write('{"active":', () => response.destroy());
  },
  'does not speak HTTP': (response) => {
    response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n');
  },
  'sends headers without end': (response) => {
    response.socket?.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}`);
  },
  'answers with what is not UTF-8': json(Buffer.from('{"active":true,"sub":"\xff\xfe"}', 'latin1')),
};
