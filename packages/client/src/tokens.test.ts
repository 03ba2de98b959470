import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readTokens, remainingMs, writeTokens } from './tokens.ts';

const kept = (askedAtMs: number) => ({
  ...{ jwt: 'eyJ', refreshToken: 'kh_refresh_x', scope: 'invoices.read', idToken: null },
  ...{ askedAtMs, lifetimeSeconds: 600 },
});

describe('how long a JWT still lasts', () => {
  let monotonicMs: number;
  beforeEach(() => {
    monotonicMs = 50_000;
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000 });
    vi.spyOn(performance, 'now').mockImplementation(() => monotonicMs);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const found = (ageMs: number) => readTokens(JSON.stringify(kept(Date.now() - ageMs))) ?? expect.fail();

  it('is what was promised less its age', () => {
    expect(remainingMs(found(0))).toBe(600_000);
    expect(remainingMs(found(90_000))).toBe(510_000);
    expect(remainingMs(found(700_000))).toBe(-100_000);
  });

  it('shrinks while the machine sleeps, when only the clock on the wall goes on', () => {
    const tokens = found(10_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(remainingMs(tokens)).toBeLessThan(0);
  });

  it('shrinks when somebody sets the clock back', () => {
    const tokens = found(10_000);
    vi.setSystemTime(Date.now() - 86_400_000);
    monotonicMs += 300_000;
    expect(remainingMs(tokens)).toBe(290_000);
  });

  it('is nothing when it was asked for in the future', () => {
    expect(remainingMs(found(-5_000))).toBe(0);
  });
});

describe('what is kept', () => {
  it('is found again', () => {
    const tokens = kept(Date.now() - 1);
    expect(readTokens(writeTokens(tokens))).toEqual(tokens);
  });

  it.each(['', '{', 'null', '"text"', '7', '[]', '{}', '{"jwt":1}', JSON.stringify({ ...kept(1), lifetimeSeconds: '600' })])(
    'is nothing when it is %j',
    (text) => expect(readTokens(text)).toBeNull(),
  );
});
