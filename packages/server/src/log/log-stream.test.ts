import { expect, it } from 'vitest';
import { LogStream } from './log-stream.ts';
import type { Outlet, Written } from './outlet.ts';

/** A reader that takes what the test tells it to take. */
function readerOf(takes: (bytes: Uint8Array) => Written, { isWaitless = true } = {}) {
  const taken: Buffer[] = [];
  const write = (bytes: Uint8Array): Written => {
    const written = takes(bytes);
    if (typeof written === 'number') taken.push(Buffer.from(bytes.subarray(0, written)));
    return written;
  };
  const outlet: Outlet = { writeNow: isWaitless ? write : null, writeBeside: async (bytes) => write(bytes), writeLast: write };
  return { outlet, text: () => Buffer.concat(taken).toString() };
}

const line = (number: number): string => `${JSON.stringify({ number, filler: 'x'.repeat(1000) })}\n`;
const linesOf = (text: string): ReturnType<typeof JSON.parse>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));

for (const isWaitless of [true, false]) {
  it(`writes lines in order, whole, however little is taken at a time (${isWaitless ? 'a reader' : 'a file'})`, async () => {
    let turn = 0;
    // Now nothing, now a few bytes, now everything.
    const reader = readerOf(({ length }) => [0, 7, length, 900, 'broken' as const][turn++ % 5] ?? 0, { isWaitless });
    const stream = new LogStream(reader.outlet);
    for (let number = 0; number < 20; number++) stream.write(line(number));
    await expect.poll(() => linesOf(`${reader.text()}{}`).length).toBe(21);
    expect(reader.text()).toBe(Array.from({ length: 20 }, (_, number) => line(number)).join(''));
    expect(stream.dropped).toBe(0);
  });

  it(`drops and counts what finds no room, and says so once when it works again (${isWaitless ? 'a reader' : 'a file'})`, async () => {
    let isBroken = true;
    const reader = readerOf(({ length }) => (isBroken ? 'broken' : length), { isWaitless });
    const stream = new LogStream(reader.outlet);
    for (let number = 0; number < 3000; number++) stream.write(line(number));
    expect(stream.dropped).toBeGreaterThan(1900);
    isBroken = false;
    await expect.poll(() => reader.text()).toContain('Log lines were lost');
    stream.write(line(3000));
    await expect.poll(() => reader.text()).toContain('"number":3000');
    const lines = linesOf(reader.text());
    const kept = 3000 - stream.dropped;
    expect(lines.slice(0, kept).map(({ number }) => number)).toEqual(Array.from({ length: kept }, (_, number) => number));
    expect(lines.slice(kept)).toEqual([
      { level: 40, time: expect.any(Number), dropped: stream.dropped, msg: expect.any(String) },
      expect.objectContaining({ number: 3000 }),
    ]);
  });
}

it('writes at the end what waits, and what is being written once only', async () => {
  const written: string[] = [];
  let finish = (_: Written): void => {};
  const stream = new LogStream({
    writeNow: null,
    writeBeside: (bytes) => {
      written.push(Buffer.from(bytes).toString());
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
    writeLast: (bytes) => {
      written.push(Buffer.from(bytes).toString());
      return bytes.length;
    },
  });
  stream.write('first\n');
  stream.write('second\n');
  stream.writeLast();
  expect(written).toEqual(['first\n', 'second\n']);
  finish(6);
});
