import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FeedMessage, readFeedMessage } from '@keyhouse/protocol';
import { afterEach, expect, it } from 'vitest';
import { memoryChanges } from '../../test/memory-changes.ts';
import type { Change } from '../core/revocations/change.ts';
import { Feed } from '../core/revocations/feed.ts';
import { ChangeFollower } from '../core/revocations/follower.ts';
import { FeedStreams } from './feed-streams.ts';

const EPOCH = '0123456789abcdef0123456789abcdef';
const HALF_A_DAY_MS = 12 * 60 * 60 * 1000;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A list of changes in memory, followed by the real follower, sent by the real streams over real connections. */
async function open() {
  const state = { atMs: 0, epoch: EPOCH, list: [] as Change[], holds: true };
  const changes = memoryChanges(state);
  const append = (count = 1): void => {
    for (let i = 0; i < count; i++) changes.append('credential', String(state.list.length + 1), 1);
  };
  const clock = { now: () => state.atMs };
  const follower = new ChangeFollower({
    ...{ clock, monotonicMs: () => state.atMs, changes },
    ...{ onError: () => {}, onWentBack: () => {} },
  });
  const feed = new Feed({
    ...{ follower, clock, changes, monotonicMs: () => state.atMs },
    issuer: 'https://keys.example.com',
    sign: () => 'signed',
  });
  const streams = new FeedStreams(feed);
  await follower.poll();
  const server = createServer((_, response) => {
    feed.ask(null).then((first) => {
      response.writeHead(200);
      streams.open(response, first, () => state.holds);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    streams.close();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { state, append, follower, streams, follow: () => follow(port) };
}

async function follow(port: number) {
  const messages: FeedMessage[] = [];
  const heard = { messages, isOver: false };
  const request = httpRequest({ port, host: '127.0.0.1', agent: false }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const events = (rest + chunk).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const message = readFeedMessage(event.split('\n')[2]?.slice('data: '.length) ?? '');
        if (message !== null) messages.push(message);
      }
    });
    response.on('error', () => {});
    response.on('close', () => {
      heard.isOver = true;
    });
  }).end();
  request.on('error', () => {});
  ends.push(() => void request.destroy());
  await expect.poll(() => messages.some(({ whole }) => !whole)).toBe(true);
  return heard;
}

const idsIn = (messages: readonly FeedMessage[]) =>
  messages.filter(({ whole }) => !whole).flatMap(({ revocations }) => revocations.map(({ id }) => id));

it('tells every stream everything once, and makes one event of what happens within a moment', async () => {
  const { append, follower, follow } = await open();
  const heard = await Promise.all([follow(), follow(), follow()]);
  const before = heard[0]?.messages.length ?? 0;
  for (let round = 0; round < 200; round++) {
    append(100);
    await follower.poll();
  }
  const all = Array.from({ length: 20_000 }, (_, index) => String(index + 1));
  for (const { messages } of heard) await expect.poll(() => idsIn(messages).length).toBe(20_000);
  for (const { messages } of heard) {
    expect(idsIn(messages)).toEqual(all);
    expect(messages.length - before).toBeLessThan(200);
  }
});

it('ends streams that it can tell no more what they missed: after a long sleep, and in another epoch', async () => {
  for (const change of ['sleep', 'epoch'] as const) {
    const { state, append, follower, streams, follow } = await open();
    const heard = await follow();
    state.atMs += HALF_A_DAY_MS + 1;
    if (change === 'sleep') append(3);
    else state.epoch = 'f'.repeat(32);
    await follower.poll();
    await expect.poll(() => heard.isOver).toBe(true);
    expect(idsIn(heard.messages)).toEqual([]);
    expect(streams.size).toBe(0);
    const back = await follow();
    expect(back.messages[0]).toMatchObject({ whole: true, epoch: state.epoch, position: state.list.length });
  }
});

it('tells one who comes right after the list went back all of it once, and ends those who followed the old one', async () => {
  const { state, append, follower, streams, follow } = await open();
  append(5);
  await follower.poll();
  const old = await follow();
  Object.assign(state, { epoch: 'f'.repeat(32), list: [] });
  append(2);
  // The other list is read while a new reader gets its first answer, as at any time between two beats.
  const first = streams.messages;
  await follower.poll();
  const young = await follow();
  await expect.poll(() => old.isOver).toBe(true);
  expect(young.messages[0]).toMatchObject({ whole: true, epoch: state.epoch, position: 2 });
  // All of it, where it ends, and a beat or two.
  expect(streams.messages - first).toBeLessThan(10);
});

it('beats only while it knows, and ends what no longer holds', async () => {
  const { state, follower, follow } = await open();
  const heard = await follow();
  const said = () => heard.messages.length;
  const before = said();
  await expect.poll(said).toBeGreaterThan(before);
  state.atMs += 1501;
  const silent = said();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(said()).toBe(silent);
  await follower.poll();
  await expect.poll(said).toBeGreaterThan(silent);
  state.holds = false;
  await expect.poll(() => heard.isOver).toBe(true);
});
