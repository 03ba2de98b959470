import { setTimeout as wait } from 'node:timers/promises';
import { hash as argon2 } from '@node-rs/argon2';
import { hashSync as bcrypt } from 'bcryptjs';
import { afterAll, describe, expect, it } from 'vitest';
import { openPasswordHashing } from './password-hashing.ts';

const passwords = openPasswordHashing({ threads: 1, queue: 8 });
afterAll(() => passwords.close());

async function hashed(password: string): Promise<string> {
  const hash = await passwords.hashPassword(password);
  if (!hash.ok) throw new Error('busy');
  return hash.value;
}

describe('password hashes', () => {
  it('are Argon2id with 19 MiB and two passes, each with a salt of its own', async () => {
    const [one, other] = [await hashed('correct horse'), await hashed('correct horse')];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(other);
  });

  it('fit their password, also typed in another Unicode form, and nothing else', async () => {
    const hash = await hashed('schöne Grüße');
    expect(await passwords.verifyPassword(hash, 'scho\u0308ne Gru\u0308ße')).toEqual({
      ok: true,
      value: { matches: true, needsRehash: false },
    });
    for (const wrong of ['', 'Schöne Grüße', 'schöne Grüße ', 'schöne Grüße\0', 'x'.repeat(100_000)]) {
      expect(await passwords.verifyPassword(hash, wrong)).toEqual({ ok: true, value: { matches: false, needsRehash: false } });
    }
  });

  it('tell when they were made with other parameters', async () => {
    const old = await argon2('correct horse', { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    expect(await passwords.verifyPassword(old, 'correct horse')).toEqual({
      ok: true,
      value: { matches: true, needsRehash: true },
    });
    expect(await passwords.verifyPassword(old, 'wrong')).toEqual({ ok: true, value: { matches: false, needsRehash: false } });
  });

  it.each([
    ['a bcrypt hash of a longer password', 'x'.repeat(80), `${'x'.repeat(72)} and something else`],
    ['the first 72 bytes alone, where bcrypt does not read the end', 'x'.repeat(80), 'x'.repeat(72)],
    ['letters of several bytes', 'ü'.repeat(40), `${'ü'.repeat(36)}nothing of this is read`],
    ['what was hashed as it was typed, longer than 72 bytes', 'ｆ'.repeat(30), `${'ｆ'.repeat(24)}ｘ`],
    ['what was hashed composed, longer than 72 bytes', 'ä'.repeat(40), `${'a\u0308'.repeat(36)}x`],
  ])('let in, and are not replaced by, a text that only begins like the password (%s)', async (_, own, other) => {
    for (const form of ['$2b', '$2a', '$2y']) {
      const hash = bcrypt(own, 4).replace(/^\$2[aby]/, () => form);
      expect(await passwords.verifyPassword(hash, other)).toEqual({ ok: true, value: { matches: true, needsRehash: false } });
      expect(await passwords.verifyPassword(hash, own)).toEqual({ ok: true, value: { matches: true, needsRehash: false } });
    }
  });

  it('are replaced where the whole password was read', async () => {
    for (const own of ['x'.repeat(71), 'ü'.repeat(35), 'ｆ'.repeat(20), '\ufdfa'.repeat(8), '😀'.repeat(17)]) {
      const hash = bcrypt(own, 4);
      expect(await passwords.verifyPassword(hash, own)).toEqual({ ok: true, value: { matches: true, needsRehash: true } });
      expect(await passwords.verifyPassword(hash, `${own}x`)).toEqual({
        ok: true,
        value: { matches: false, needsRehash: false },
      });
    }
    const argon = await argon2('x'.repeat(200), { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    expect(await passwords.verifyPassword(argon, 'x'.repeat(200))).toEqual({
      ok: true,
      value: { matches: true, needsRehash: true },
    });
  });

  it('never fit half a character, which UTF-8 cannot spell', async () => {
    const own = 'correct horse \ufffd';
    const old = await argon2(own, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    for (const hash of [old, bcrypt(own, 4), await hashed(own)]) {
      expect(await passwords.verifyPassword(hash, own)).toMatchObject({ value: { matches: true } });
      expect(await passwords.verifyPassword(hash, 'correct horse \ud800')).toMatchObject({ value: { matches: false } });
    }
  });

  it('are as slow to refuse for nobody as for somebody, and for a password that is too long', async () => {
    const hash = await hashed('correct horse');
    // Processor time of the whole process: it includes the threads that hash, and no other programs.
    const costOf = async (run: () => Promise<unknown>): Promise<number> => {
      const costs: number[] = [];
      for (let round = 0; round < 9; round++) {
        const before = process.cpuUsage();
        await run();
        const { user, system } = process.cpuUsage(before);
        costs.push(user + system);
      }
      return Math.min(...costs);
    };
    const somebody = await costOf(() => passwords.verifyPassword(hash, 'wrong'));
    expect(await passwords.verifyPassword(null, 'wrong')).toEqual({ ok: true, value: { matches: false, needsRehash: false } });
    // Without the work the ratio would be below a hundredth.
    expect(await costOf(() => passwords.verifyPassword(null, 'wrong'))).toBeGreaterThan(somebody / 3);
    expect(await costOf(() => passwords.verifyPassword(hash, 'x'.repeat(5000)))).toBeGreaterThan(somebody / 3);
  });
});

describe('a storm of passwords', () => {
  it('is told busy at once beyond the queue, and what is in the queue is answered', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => passwords.verifyPassword(null, 'guess')));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(9);
    expect(answers.filter(({ ok }) => !ok)).toHaveLength(21);
    expect(await passwords.verifyPassword(null, 'guess')).toMatchObject({ ok: true });
  });

  it('leaves the event loop free', async () => {
    const sharesOfThisThread: number[] = [];
    for (let round = 0; round < 5; round++) {
      const [here, everywhere] = [process.threadCpuUsage(), process.cpuUsage()];
      await Promise.all(Array.from({ length: 9 }, () => passwords.verifyPassword(null, 'guess')));
      const [own, all] = [process.threadCpuUsage(here), process.cpuUsage(everywhere)];
      sharesOfThisThread.push((own.user + own.system) / (all.user + all.system));
    }
    // Nine hashes take a third of a second of some thread; this one needs none of them. In one round it may collect garbage.
    expect(Math.min(...sharesOfThisThread)).toBeLessThan(1 / 4);
  });
});

describe('the threads', () => {
  it('go when nobody needs them, and come again', async () => {
    const idle = openPasswordHashing({ threads: 1, idleMs: 20 });
    await idle.isCommon('password');
    await wait(100);
    expect(await idle.isCommon('password')).toEqual({ ok: true, value: true });
    await idle.close();
    expect(await idle.isCommon('password')).toEqual({ ok: false, reason: 'busy' });
  });

  it('tell of a stored hash that is none, and work on', async () => {
    await expect(passwords.verifyPassword('not a hash', 'guess')).rejects.toThrow('Password work failed');
    expect(await passwords.isCommon('qwertyuiop')).toEqual({ ok: true, value: true });
  });
});
