import { describe, expect, it } from 'vitest';
import type { PermissionUse, UseDelta } from '../credentials/credential.ts';
import { UseRecorder } from './use-recorder.ts';

const from = { address: '203.0.113.7', userAgent: 'curl/8' };

function ledger() {
  const written: UseDelta[] = [];
  const permitted: PermissionUse[] = [];
  let broken = false;
  return {
    written,
    permitted,
    breakDown: (is: boolean) => {
      broken = is;
    },
    recordUse: async ({ uses, permissions }: { uses: readonly UseDelta[]; permissions: readonly PermissionUse[] }) => {
      if (broken) throw new Error('no disk');
      written.push(...uses);
      permitted.push(...permissions);
    },
  };
}
const total = (uses: readonly UseDelta[]): number => uses.reduce((sum, use) => sum + use.requests + use.previousRequests, 0);

describe('counts of use', () => {
  it('add up between two flushes into one row a credential, the last use beside them', async () => {
    const recorder = new UseRecorder();
    const store = ledger();
    recorder.record(7, false, { address: '198.51.100.1', userAgent: null }, 1_000);
    recorder.record(7, false, from, 2_000);
    recorder.record(7, true, from, 3_000);
    await recorder.flush(store, { monotonicMs: () => 0 });
    expect(store.written).toEqual([
      {
        credentialId: 7,
        day: 0,
        requests: 2,
        previousRequests: 1,
        lastUsedAtMs: 3_000,
        lastAddress: '203.0.113.7',
        lastUserAgent: 'curl/8',
        previousLastUsedAtMs: 3_000,
        previousLastAddress: '203.0.113.7',
        previousLastUserAgent: 'curl/8',
      },
    ]);
  });

  it('are kept while the store is away, and none is counted twice', async () => {
    const recorder = new UseRecorder();
    const store = ledger();
    for (let id = 1; id <= 3_000; id++) recorder.record(id, false, from, 1_000);
    store.breakDown(true);
    await expect(recorder.flush(store, { monotonicMs: () => 0, end: true })).rejects.toThrow('no disk');
    recorder.record(1, false, from, 2_000);
    store.breakDown(false);
    await recorder.flush(store, { monotonicMs: () => 0, end: true });
    expect(total(store.written)).toBe(3_001);
    expect(store.written.find(({ credentialId }) => credentialId === 1)).toMatchObject({ requests: 2, lastUsedAtMs: 2_000 });
  });

  it('are written rarely when a flush takes long, so that the writer has time for acts', async () => {
    const recorder = new UseRecorder();
    let nowMs = 0;
    const store = {
      recordUse: async () => {
        nowMs += 100;
      },
    };
    const clock = { monotonicMs: () => nowMs };
    recorder.record(1, false, from, 0);
    await recorder.flush(store, clock);
    expect(nowMs).toBe(100);
    recorder.record(1, false, from, 0);
    nowMs = 999;
    await recorder.flush(store, clock);
    expect(nowMs).toBe(999);
    nowMs = 1_000;
    await recorder.flush(store, clock);
    expect(nowMs).toBe(1_100);
  });

  it('never carry a control character of a header into a page', async () => {
    const recorder = new UseRecorder();
    const store = ledger();
    recorder.record(1, false, { address: null, userAgent: `a\u0007b\u009b${'x'.repeat(500)}` }, 0);
    await recorder.flush(store, { monotonicMs: () => 0 });
    expect(store.written[0]?.lastUserAgent).toBe(`a?b?${'x'.repeat(196)}`);
  });

  it('are written once also when one act of a flush fails and another does not', async () => {
    const recorder = new UseRecorder();
    const store = ledger();
    let acts = 0;
    const failing = {
      recordUse: async (input: Parameters<typeof store.recordUse>[0]) => {
        acts += 1;
        if (acts === 1) throw new Error('no disk');
        await store.recordUse(input);
      },
    };
    for (let id = 1; id <= 1_500; id++) recorder.record(id, false, from, 1_000);
    for (let id = 1; id <= 1_500; id++) recorder.recordPermission(id, 'a.read', 1_000);
    await expect(recorder.flush(failing, { monotonicMs: () => 0, end: true })).rejects.toThrow('no disk');
    await recorder.flush(failing, { monotonicMs: () => 0, end: true });
    expect(total(store.written)).toBe(1_500);
    expect(store.permitted.reduce((sum, { requests }) => sum + requests, 0)).toBe(1_500);
  });
});

describe('counts of permissions', () => {
  const flush = (recorder: UseRecorder, store: ReturnType<typeof ledger>) =>
    recorder.flush(store, { monotonicMs: () => 0, end: true });

  it('add up between two flushes, on the day of the last use, also without a use of the key itself', async () => {
    const recorder = new UseRecorder();
    const store = ledger();
    recorder.recordPermission(7, 'b.read', 1_000);
    recorder.recordPermission(7, 'a.read', 2_000);
    recorder.recordPermission(7, 'b.read', 86_400_001);
    await flush(recorder, store);
    expect(store.permitted).toEqual([
      { credentialId: 7, permission: 'a.read', day: 0, requests: 1, lastUsedAtMs: 2_000 },
      { credentialId: 7, permission: 'b.read', day: 1, requests: 2, lastUsedAtMs: 86_400_001 },
    ]);
    await flush(recorder, store);
    expect(store.permitted).toHaveLength(2);
    recorder.recordPermission(7, 'b.read', 86_400_002);
    await flush(recorder, store);
    expect(store.permitted.at(-1)).toMatchObject({ permission: 'b.read', requests: 1 });
  });

  it('are kept while the store is away, and none is counted twice', async () => {
    const recorder = new UseRecorder();
    const store = ledger();
    recorder.recordPermission(7, 'a.read', 1_000);
    store.breakDown(true);
    await expect(flush(recorder, store)).rejects.toThrow('no disk');
    recorder.recordPermission(7, 'a.read', 2_000);
    store.breakDown(false);
    await flush(recorder, store);
    expect(store.permitted).toEqual([{ credentialId: 7, permission: 'a.read', day: 0, requests: 2, lastUsedAtMs: 2_000 }]);
  });

  it('stay few for a caller who makes names up, and come back to use the next day', async () => {
    const recorder = new UseRecorder();
    const store = ledger();
    for (let count = 0; count < 10_000; count++) recorder.recordPermission(7, `made-up-${count}.read`, 1_000);
    await flush(recorder, store);
    expect(store.permitted).toHaveLength(200);
    recorder.recordPermission(7, 'real.read', 2_000);
    await flush(recorder, store);
    expect(store.permitted).toHaveLength(200);
    recorder.recordPermission(7, 'real.read', 86_400_000);
    await flush(recorder, store);
    expect(store.permitted.at(-1)).toMatchObject({ permission: 'real.read', day: 1 });
  });
});
