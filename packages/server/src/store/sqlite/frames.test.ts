/** Whatever parts a message arrives in, it arrives whole, in order, and as it was. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { serialize } from 'node:v8';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFrames, sendFrame } from './frames.ts';

const server = createServer();
let from: Socket;
let to: Socket;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  from = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
  [to] = (await accepted) as [Socket];
});
afterAll(() => {
  from.destroy();
  to.destroy();
  server.close();
});

it('keeps what a message to a thread keeps', async () => {
  const got: unknown[] = [];
  readFrames(to, (value) => void got.push(value));
  const values = [
    { bytes: new Uint8Array([1, 2, 3]), big: 2n ** 60n, none: undefined, date: new Date(5) },
    new Map([[1, new Set(['a'])]]),
    Array.from({ length: 50_000 }, (_, index) => `number ${index}`),
    null,
  ];
  for (const value of values) sendFrame(from, value);
  await expect.poll(() => got.length).toBe(values.length);
  expect(got).toEqual(values);
  // By single bytes, and two in one part.
  const body = serialize('in parts');
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  const frame = Buffer.concat([head, body]);
  for (const byte of frame) {
    from.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  from.write(Buffer.concat([frame, frame]));
  await expect.poll(() => got.length).toBe(values.length + 3);
  expect(got.slice(values.length)).toEqual(['in parts', 'in parts', 'in parts']);
});
