/**
 * A reader of the revocation feed, as strict as a guard: every message is read completely, and its signature and hash are
 * checked.
 */

import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import {
  FEED_TYPE,
  type FeedMessage,
  formatPosition,
  isSignatureOf,
  readCompactJws,
  readFeedMessage,
  readFeedSignature,
} from '@keyhouse/protocol';
import { expect } from 'vitest';
import { PATIENCE_MS } from '../../../test/patience.ts';
import { verifySignature } from '../src/core/signing-keys/algorithms.ts';
import type { TestServer } from './server.ts';

export interface FeedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Bytes on the wire. */
  readonly size: number;
}

export interface FeedStream {
  readonly headers: IncomingHttpHeaders;
  /** Heartbeats among them. */
  readonly messages: FeedMessage[];
  readonly isOver: () => boolean;
  readonly request: ClientRequest;
  /** The first message from now on that matches. */
  next(fits: (message: FeedMessage) => boolean, timeoutMs?: number): Promise<FeedMessage>;
  close(): void;
}

type Headers = Readonly<Record<string, string>>;

/** Reads a message as a guard does; fails the test if anything about it or its signature is wrong. */
export function checkedMessage(server: TestServer, text: string, signature: string): FeedMessage {
  const message = readFeedMessage(text);
  if (message === null) throw new Error(`No message of the feed: ${text.slice(0, 300)}`);
  const jws = readCompactJws(signature);
  if (jws === null) throw new Error('The signature is no compact JWS.');
  const jwk = server.keyhouse.signingKeys.publicKeySet().keys.find(({ kid }) => kid === jws.header.kid);
  if (jwk === undefined) throw new Error(`No key ${jws.header.kid}.`);
  expect([jws.header.typ, jws.header.alg]).toEqual([FEED_TYPE, 'ES256']);
  const key = createPublicKey({ key: jwk as unknown as JsonWebKey, format: 'jwk' });
  expect(verifySignature({ kid: jws.header.kid, algorithm: 'ES256', key }, Buffer.from(jws.signingInput), jws.signature)).toBe(
    true,
  );
  const signed = readFeedSignature(jws.payload);
  if (signed === null) throw new Error('The signature is over something else.');
  const sha256 = createHash('sha256').update(text).digest('base64url');
  expect(isSignatureOf(signed, message, { issuer: server.url, sha256 })).toBe(true);
  return message;
}

/** Asks once, in JSON. */
export async function askFeed(server: TestServer, key: string, query = '', headers: Headers = {}): Promise<FeedMessage> {
  const answer = await getFeed(server, query, { authorization: `Bearer ${key}`, ...headers });
  expect(answer.status, answer.body.toString().slice(0, 300)).toBe(200);
  return checkedMessage(server, answer.body.toString(), String(answer.headers['x-keyhouse-signature']));
}

export function getFeed(server: TestServer, query: string, headers: Headers, method = 'GET'): Promise<FeedAnswer> {
  return new Promise((resolve, reject) => {
    const options = { port: server.port, method, path: `/auth/revocations${query}`, headers, agent: false };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => {
        const sent = Buffer.concat(chunks);
        const body = response.headers['content-encoding'] === 'gzip' && sent.length > 0 ? gunzipSync(sent) : sent;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, size: sent.length });
      });
    });
    request.on('error', reject);
    request.end();
  });
}

/** Opens a stream from a message on, or from the beginning. */
export function followFeed(
  server: TestServer,
  key: string,
  from: Pick<FeedMessage, 'epoch' | 'position'> | null,
  headers: Headers = {},
): Promise<FeedStream> {
  const position = from === null ? {} : { 'last-event-id': formatPosition(from) };
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...{ port: server.port, path: '/auth/revocations', agent: false },
      headers: { accept: 'text/event-stream', authorization: `Bearer ${key}`, ...position, ...headers },
    });
    const messages: FeedMessage[] = [];
    const listeners = new Set<() => void>();
    let isOver = false;
    const wake = (): void => {
      for (const listener of listeners) listener();
    };
    request.on('error', (error) => {
      isOver = true;
      reject(error);
      wake();
    });
    request.on('response', (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`The stream was refused with ${response.statusCode}.`));
        response.resume();
        return;
      }
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        rest += chunk;
        for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
          messages.push(readEvent(server, rest.slice(0, end)));
          rest = rest.slice(end + 2);
        }
        wake();
      });
      response.on('error', () => {});
      response.on('close', () => {
        isOver = true;
        wake();
      });
      resolve({
        headers: response.headers,
        ...{ messages, request, isOver: () => isOver },
        close: () => void request.destroy(),
        next: (fits, timeoutMs = PATIENCE_MS) => waitFor(messages, listeners, () => isOver, fits, timeoutMs),
      });
    });
    request.end();
  });
}

function waitFor(
  messages: readonly FeedMessage[],
  listeners: Set<() => void>,
  isOver: () => boolean,
  fits: (message: FeedMessage) => boolean,
  timeoutMs: number,
): Promise<FeedMessage> {
  let seen = 0;
  return new Promise((resolve, reject) => {
    const settle = (settled: () => void): void => {
      listeners.delete(look);
      clearTimeout(timer);
      settled();
    };
    const look = (): void => {
      while (seen < messages.length) {
        const message = messages[seen++];
        if (message === undefined || !fits(message)) continue;
        settle(() => resolve(message));
        return;
      }
      if (isOver()) settle(() => reject(new Error('The stream ended.')));
    };
    const timer = setTimeout(() => settle(() => reject(new Error('No such message came in time.'))), timeoutMs);
    listeners.add(look);
    look();
  });
}

/** Exactly as it is written: an event of one name, an ID that is its position, the text, and the signature. */
function readEvent(server: TestServer, text: string): FeedMessage {
  const [event, id, data, signature, ...more] = text.split('\n');
  expect([event, more]).toEqual(['event: revocations', []]);
  const message = checkedMessage(server, data?.slice('data: '.length) ?? '', signature?.slice('data: '.length) ?? '');
  expect(id).toBe(`id: ${formatPosition(message)}`);
  return message;
}

export const tells = (kind: string, id: string | number) => (message: FeedMessage) =>
  message.revocations.some((revocation) => revocation.kind === kind && revocation.id === String(id));
