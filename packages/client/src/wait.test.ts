import { describe, expect, it } from 'vitest';
import { orAborted, retryAfterMs, spread } from './wait.ts';

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT', date: 'Mon, 23 Nov 2026 10:00:00 GMT' }, 30_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT', date: 'Mon, 23 Nov 2026 10:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-1' }, null],
    [{ 'retry-after': '1.5e9' }, null],
    [{}, null],
  ] as const)('%j is %j milliseconds', (headers, ms) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>))).toBe(ms);
  });

  it('is kept, and not all come back at the same moment', () => {
    const spreads = Array.from({ length: 100 }, () => spread(1000));
    expect(Math.min(...spreads)).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...spreads)).toBeLessThanOrEqual(1250);
    expect(new Set(spreads).size).toBeGreaterThan(50);
  });
});

describe('waiting with a signal', () => {
  it('ends with its reason, and leaves nothing listening behind', async () => {
    const gone = new AbortController();
    const waiting = orAborted(new Promise(() => {}), gone.signal);
    gone.abort(new Error('Enough.'));
    await expect(waiting).rejects.toThrow('Enough.');
    await expect(orAborted(Promise.resolve(1), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(await orAborted(Promise.resolve(1), new AbortController().signal)).toBe(1);
  });
});
