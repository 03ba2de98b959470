import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { formatFeedMessage, makeJti, RevocationList, readFeedMessage } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { writeWholeList } from './whole-list.ts';

const HOUR_MS = 3_600_000;
const NOW = 1_790_000_000_000;
const EPOCH = '0123456789abcdef0123456789abcdef';

const listOf = (count: number): { list: RevocationList; jtis: string[] } => {
  const list = new RevocationList();
  const jtis = Array.from({ length: count }, () => makeJti(NOW, randomBytes));
  jtis.forEach((id, index) => {
    list.add({ kind: 'jti', id, beforeMs: NOW, endsAtMs: NOW + (index % 7) * HOUR_MS + 1 });
  });
  return { list, jtis };
};
const write = (list: RevocationList, nowMs = NOW) =>
  writeWholeList({ epoch: EPOCH, position: 9, atMs: NOW, ...list.snapshot(nowMs), nowMs });

describe('the text of a whole list', () => {
  it.each([0, 1, 50_000])('is what a message of %i JWTs and all else would be', async (count) => {
    const { list, jtis } = listOf(count);
    list.add({ kind: 'session', id: 's'.repeat(22), beforeMs: NOW, endsAtMs: NOW + 1 });
    list.add({ kind: 'credential', id: '55', beforeMs: NOW, endsAtMs: null });
    const text = (await write(list)).toString();
    const message = readFeedMessage(text);
    if (message === null) throw new Error(text.slice(0, 300));
    expect(formatFeedMessage(message)).toBe(text);
    expect(message).toMatchObject({ epoch: EPOCH, after: 0, position: 9, atMs: NOW, whole: true });
    expect(message.revocations).toHaveLength(2);
    const loaded = new RevocationList();
    loaded.addWhole(message);
    expect(loaded.size).toBe(count + 2);
    for (const jti of jtis) expect(loaded.isRevoked({ jti, accountId: 1, issuedAtMs: NOW })).toBe(true);
  });

  it('takes twenty bytes for a JWT, and less than sixteen when it is compressed: a million fit into 20 MB', async () => {
    const bytes = await write(listOf(50_000).list);
    expect(bytes.length).toBeLessThan(50_000 * 20 + 2000);
    expect(gzipSync(bytes, { level: 1 }).length).toBeLessThan(50_000 * 16);
  });

  it('leaves out what has ended', async () => {
    const { list } = listOf(70);
    const message = readFeedMessage((await write(list, NOW + 3 * HOUR_MS)).toString());
    for (const { endsAtSeconds } of message?.jtis ?? []) expect(endsAtSeconds * 1000).toBeGreaterThan(NOW + 3 * HOUR_MS);
    expect(message?.jtis.reduce((sum, { ids }) => sum + ids.length / 20, 0)).toBeLessThan(70);
  });

  it('lets others have their turn, and does not see what comes meanwhile', async () => {
    const { list } = listOf(100_000);
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    }, 0);
    const writing = write(list);
    setImmediate(() => list.sweep(NOW + 100 * HOUR_MS));
    const message = readFeedMessage((await writing).toString());
    clearInterval(counting);
    expect(turns).toBeGreaterThan(0);
    expect(message?.jtis.reduce((sum, { ids }) => sum + ids.length / 20, 0)).toBe(100_000);
  });
});
