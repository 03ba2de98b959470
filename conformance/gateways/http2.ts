/**
 * HTTP/2 by hand (RFC 9113): one stream with any header, names and values as they are, which no client library would send. Nothing of the answer is
 * read but whether it came; what counts is what the API has seen.
 */
import { connect } from 'node:tls';
import { CLIENT } from './wire.ts';

export type Field = readonly [name: string, value: string];

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const DATA = 0;
const HEADERS = 1;
const RESET = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const END_STREAM = 1;
const END_HEADERS = 4;
const WAIT_MS = 1500;

export async function sendHttp2(port: number, fields: readonly Field[], body = ''): Promise<void> {
  const socket = connect({
    ...{ host: '127.0.0.1', port, localAddress: CLIENT },
    ...{ rejectUnauthorized: false, ALPNProtocols: ['h2'] },
  });
  const block = Buffer.concat(fields.map(([name, value]) => literal(name, value)));
  const ofStream = frame(HEADERS, END_HEADERS | (body === '' ? END_STREAM : 0), 1, block);
  const parts = [Buffer.from(PREFACE), frame(SETTINGS, 0, 0), ofStream];
  if (body !== '') parts.push(frame(DATA, END_STREAM, 1, Buffer.from(body, 'latin1')));
  let received = Buffer.alloc(0);
  await new Promise<void>((resolve) => {
    socket.setTimeout(WAIT_MS, resolve);
    socket.on('secureConnect', () => socket.write(Buffer.concat(parts)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (framesOf(received).some((type) => [HEADERS, RESET, GOAWAY].includes(type))) resolve();
    });
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
  socket.destroy();
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function framesOf(bytes: Buffer): readonly number[] {
  const types: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) types.push(bytes.readUInt8(at + 3));
  return types;
}

/** RFC 7541 §6.2.3: never indexed, with a new name, nothing compressed. */
const literal = (name: string, value: string): Buffer => Buffer.concat([Buffer.from([0x10]), text(name), text(value)]);

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** RFC 7541 §5.1, with a prefix of seven bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}
