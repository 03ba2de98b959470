/**
 * The API behind the gateway: reads bytes, not requests, so that it sees what a parser would mend or refuse. It answers 200 to whatever reaches
 * it and keeps it for the tests.
 */
import { createServer, type Socket } from 'node:net';
import { listen } from './listen.ts';

export interface Seen {
  readonly method: string;
  readonly target: string;
  /** As they came: names in their own spelling, repeated ones each. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyLength: number;
  /** What two readers could take in two ways. */
  readonly faults: readonly string[];
}

export interface Api {
  readonly port: number;
  /** Everything that has reached it, in order. */
  readonly seen: Seen[];
  stop(): Promise<void>;
}

export async function startApi(): Promise<Api> {
  const seen: Seen[] = [];
  const server = createServer((socket) => serve(socket, seen));
  return { seen, ...(await listen(server)) };
}

function serve(socket: Socket, seen: Seen[]): void {
  let text = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    for (let read = readRequest(text); read !== null; read = readRequest(text)) {
      seen.push(read.request);
      text = text.slice(read.length);
      const body = read.request.method === 'HEAD' ? '' : 'the API';
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Api: 1\r\nContent-Length: 7\r\n\r\n${body}`);
    }
  });
}

function readRequest(text: string): { request: Seen; length: number } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1).trim()] as const);
  const valuesOf = (name: string): readonly string[] =>
    headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  const lengths = valuesOf('content-length');
  const encodings = valuesOf('transfer-encoding');
  const body = text.slice(end + 4);
  const bodyLength = encodings.length > 0 ? lengthOfChunks(body) : Number(lengths[0] ?? 0);
  if (bodyLength === null || body.length < bodyLength) return null;
  const [, method = '', target = ''] = /^(\S+) (\S+) HTTP\/1\.[01]$/.exec(line) ?? [];
  const faults = [
    method === '' ? `the line ${JSON.stringify(line)}` : '',
    /[\r\n\0]/.test(text.slice(0, end).replaceAll('\r\n', '')) ? 'a bare CR, LF or NUL' : '',
    lines.some((each) => !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:/.test(each))
      ? 'a line that is no header, or goes on from the one before'
      : '',
    lengths.length + encodings.length > 1 ? 'two lengths' : '',
    lengths.some((each) => !/^\d+$/.test(each)) ? 'a length that is no number' : '',
    encodings.some((each) => each !== 'chunked') ? `the encoding ${encodings.join()}` : '',
  ];
  return {
    request: { method, target, headers, bodyLength, faults: faults.filter((fault) => fault !== '') },
    length: end + 4 + bodyLength,
  };
}

/** Up to the end of the last chunk and its trailers; null when more must come. */
function lengthOfChunks(body: string): number | null {
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    if (end === -1) return null;
    const size = Number.parseInt(body.slice(at, end), 16);
    if (size === 0) {
      const last = body.indexOf('\r\n\r\n', at);
      return last === -1 ? null : last + 4;
    }
    at = end + 2 + size + 2;
  }
}
