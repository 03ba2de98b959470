/** Sends bytes to the server unchanged, for what no HTTP client would send. */

import { connect, type Socket } from 'node:net';
import { PATIENCE_MS } from '../../../test/patience.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Exchange {
  /** Every answer that came, in order. */
  readonly answers: readonly RawAnswer[];
  readonly text: string;
  /** How the connection ended: by the server, or by us because nothing came any more. */
  readonly closedBy: 'server' | 'us';
}

/** A server that has answered, and is silent for this long, has sent everything. */
const QUIET_MS = 1000;

/** Sends the parts one after the other and reads until the server closes, or is silent. */
export async function exchange(
  port: number,
  parts: string | Buffer | readonly (string | Buffer)[],
  { host = '127.0.0.1', quietMs = QUIET_MS, firstMs = PATIENCE_MS }: { host?: string; quietMs?: number; firstMs?: number } = {},
): Promise<Exchange> {
  const socket = connect({ port, host });
  const chunks: Buffer[] = [];
  const closedBy = await new Promise<Exchange['closedBy']>((resolve) => {
    socket.setTimeout(firstMs, () => resolve('us'));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      socket.setTimeout(quietMs);
    });
    socket.on('end', () => resolve('server'));
    // A server that has refused does not read the rest; the reset means the same as an end.
    socket.on('error', () => resolve('server'));
    socket.on('close', () => resolve('server'));
    socket.on('connect', () => write(socket, typeof parts === 'string' || Buffer.isBuffer(parts) ? [parts] : parts));
  });
  socket.destroy();
  const text = Buffer.concat(chunks).toString('latin1');
  return { answers: readAnswers(text), text, closedBy };
}

/** A request line, headers as given (a `Host` first), and an empty line. */
export const head = (line: string, ...headers: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');

/** One request on a connection of its own. */
export async function ask(port: number, line: string, ...headers: readonly string[]): Promise<RawAnswer> {
  const { answers, text } = await exchange(port, head(line, 'Connection: close', ...headers));
  const [answer] = answers;
  if (answer === undefined) throw new Error(`No answer to ${line}: ${text}`);
  return answer;
}

function write(socket: Socket, parts: readonly (string | Buffer)[]): void {
  for (const part of parts) socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
}

function readAnswers(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    const [line = '', ...fields] = rest.slice(0, end).split('\r\n');
    const status = /^HTTP\/1\.1 (\d{3})/.exec(line)?.[1];
    if (end === -1 || status === undefined) return answers;
    const headers = Object.fromEntries(
      fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers['content-length'] ?? 0);
    answers.push({ status: Number(status), headers, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
}
