/**
 * Messages between processes, over a socket: four bytes with the length, then the value as `node:v8` writes it. It keeps what a
 * message to a thread keeps.
 */
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';

const HEAD_BYTES = 4;

export function sendFrame(socket: Socket, value: unknown): void {
  const body = serialize(value);
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(body.length);
  socket.write(Buffer.concat([head, body]));
}

/** Calls back with each value that arrives whole, in order. */
export function readFrames(socket: Socket, onFrame: (value: unknown) => void): void {
  let waiting: Buffer[] = [];
  let size = 0;
  let wanted = HEAD_BYTES;
  socket.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    size += chunk.length;
    // Joined once for each frame, however many parts it comes in.
    if (size < wanted) return;
    let bytes = waiting.length === 1 ? chunk : Buffer.concat(waiting, size);
    for (;;) {
      wanted = bytes.length < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + bytes.readUInt32LE(0);
      if (bytes.length < wanted) break;
      onFrame(deserialize(bytes.subarray(HEAD_BYTES, wanted)));
      bytes = bytes.subarray(wanted);
    }
    waiting = bytes.length === 0 ? [] : [bytes];
    size = bytes.length;
  });
}
