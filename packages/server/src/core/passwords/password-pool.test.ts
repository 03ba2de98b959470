import { afterEach, describe, expect, it } from 'vitest';
import { openPasswordPool, type PasswordPool } from './password-pool.ts';

/** What a thread does quickest: nothing but a hash that is none. */
const BROKEN = { kind: 'verify', hash: 'not a hash', password: 'x' } as const;
const HASH = { kind: 'hash', password: 'correct horse battery' } as const;

const pools: PasswordPool[] = [];
function open(limits: Partial<Parameters<typeof openPasswordPool>[0]> = {}): PasswordPool {
  const pool = openPasswordPool({ threads: 1, queue: 8, idleMs: 1000, ...limits });
  pools.push(pool);
  return pool;
}
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

const stranger = (person: string) => ({ isKnown: false, networks: ['203/8'], person });
const known = (person: string) => ({ isKnown: true, networks: [], person });

describe('the pool of threads', () => {
  it('answers busy at once where the queue is full, a stranger’s job before that of a known user', async () => {
    const pool = open({ queue: 1 });
    const running = pool.run(HASH, stranger('running'));
    const waits = pool.run(HASH, stranger('waits'));
    const jumps = pool.run(HASH, known('ada'));
    expect(await waits).toEqual({ ok: false, reason: 'busy' });
    expect(await pool.run(HASH, stranger('late'))).toEqual({ ok: false, reason: 'busy' });
    expect((await Promise.all([running, jumps])).map(({ ok }) => ok)).toEqual([true, true]);
  });

  it('fails the one job that cannot be done, and goes on with the next', async () => {
    const pool = open();
    const [broken, good] = [pool.run(BROKEN), pool.run(HASH)];
    await expect(broken).rejects.toThrow('Password work failed');
    expect(await good).toMatchObject({ ok: true, value: expect.stringMatching(/^\$argon2id\$/) });
  });

  it('answers busy to all that wait when it is closed, fails what runs, and takes nothing from then on', async () => {
    const pool = open();
    const running = pool.run(HASH).catch((error: Error) => error.message);
    const waits = [pool.run(HASH), pool.run(HASH)];
    await pool.close();
    expect(await Promise.all(waits)).toEqual(Array(2).fill({ ok: false, reason: 'busy' }));
    expect(await running).toBe('A thread that hashes passwords ended.');
    expect(await pool.run(HASH)).toEqual({ ok: false, reason: 'busy' });
  });
});
