/** HTTP as the harness speaks it: to one server of several, under the issuer's name, and without an exception when there is no answer. */
import { Agent, request } from 'node:http';
import { PATIENCE_MS } from '../../test/patience.ts';

export interface ClientRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly bearer?: string;
  readonly cookie?: string;
  /** Sent as JSON, or as a form when it is `URLSearchParams`. */
  readonly body?: object;
}

export interface Answer {
  readonly status: number;
  /** Untyped: what the caller expects of it is the check. */
  readonly json: ReturnType<typeof JSON.parse>;
  readonly location: string;
  /** `name=value`, as a browser would send it back; empty when none was set. */
  readonly cookie: string;
}

export interface Client {
  /** Null: the connection was refused or cut, or there was no answer. */
  ask(origin: string, path: string, asked?: ClientRequest): Promise<Answer | null>;
  close(): void;
}

export function openClient(issuer: string): Client {
  const agent = new Agent({ keepAlive: true });
  const { host } = new URL(issuer);
  return {
    close: () => agent.destroy(),
    ask: (origin, path, { method, bearer, cookie, body } = {}) =>
      new Promise((resolve) => {
        const isForm = body instanceof URLSearchParams;
        const text = body === undefined ? undefined : isForm ? body.toString() : JSON.stringify(body);
        const headers = {
          host,
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(cookie === undefined ? {} : { cookie, origin: issuer }),
          ...(text === undefined
            ? {}
            : {
                'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
                'content-length': String(Buffer.byteLength(text)),
                origin: issuer,
              }),
        };
        const sent = request(
          origin + path,
          { agent, headers, method: method ?? (text === undefined ? 'GET' : 'POST'), timeout: PATIENCE_MS },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', () => resolve(null));
            response.on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                json: parse(Buffer.concat(chunks).toString()),
                location: response.headers.location ?? '',
                cookie: response.headers['set-cookie']?.map((line) => line.split(';')[0]).join('; ') ?? '',
              }),
            );
          },
        );
        sent.on('error', () => resolve(null));
        sent.on('timeout', () => sent.destroy());
        sent.end(text);
      }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
