/** Bytes to a gateway as they are, over TLS, from an address of one's choice: what no HTTP client would send. */
import { connect } from 'node:tls';

export interface Reply {
  readonly status: number;
  /** Every line, in order: a header that came twice is here twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** All of 127.0.0.0/8 is this machine: each test may come from an address of its own. */
export const CLIENT = '127.0.0.2';

/** A gateway that says nothing for so long has said all it had to say. */
const QUIET_MS = 400;

export interface Wish {
  readonly from?: string;
  /** Ends the reading as soon as so many answers are there; without it the gateway must close, or be quiet. */
  readonly answers?: number;
  /** How long to wait for the first byte. */
  readonly patienceMs?: number;
}

/** Sends the bytes on a connection of their own and reads what comes. */
export async function send(
  port: number,
  bytes: string,
  { from = CLIENT, answers, patienceMs = 10_000 }: Wish = {},
): Promise<readonly Reply[]> {
  const socket = connect({
    ...{ host: '127.0.0.1', port, localAddress: from },
    ...{ rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
  });
  const chunks: Buffer[] = [];
  const read = (): readonly Reply[] => readReplies(Buffer.concat(chunks).toString('latin1'), bytes.startsWith('HEAD '));
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (answers !== undefined && read().length >= answers) resolve();
      // The first answer may take its time; after it silence is an end.
      socket.setTimeout(QUIET_MS, resolve);
    });
    socket.setTimeout(patienceMs, resolve);
    socket.on('end', resolve);
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('secureConnect', () => socket.write(Buffer.from(bytes, 'latin1')));
  });
  socket.destroy();
  return read();
}

/** A request line, a host, headers as given, and an empty line. */
export const head = (line: string, headers: readonly string[] = []): string =>
  [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');

/** One request, one answer. */
export async function ask(port: number, line: string, headers: readonly string[] = [], wish: Wish = {}): Promise<Reply> {
  const [reply] = await send(port, head(line, ['Connection: close', ...headers]), { answers: 1, ...wish });
  if (reply === undefined) throw new Error(`No answer to ${line}.`);
  return reply;
}

export const valuesOf = ({ headers }: Pick<Reply, 'headers'>, name: string): readonly string[] =>
  headers.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** As far as they are whole. What answers HEAD has a length and no body (RFC 9110 §9.3.2). */
function readReplies(text: string, isHead: boolean): readonly Reply[] {
  const replies: Reply[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1];
    if (end === -1 || status === undefined) return replies;
    const headers = lines.map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1).trim()] as const);
    rest = rest.slice(end + 4);
    // 100 Continue is no answer.
    if (status.startsWith('1')) continue;
    const length = isHead ? '0' : valuesOf({ headers }, 'content-length')[0];
    const body = length === undefined ? rest : rest.slice(0, Number(length));
    if (length !== undefined && body.length < Number(length) && !rest.startsWith('HTTP/')) return replies;
    replies.push({ status: Number(status), headers, body: body.startsWith('HTTP/1') ? '' : body });
    rest = rest.startsWith('HTTP/1') ? rest : rest.slice(body.length);
  }
}
