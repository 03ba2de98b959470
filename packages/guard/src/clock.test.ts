import { expect, it } from 'vitest';
import { createClock, type Told } from './clock.ts';

const NOON = Date.parse('2026-11-30T12:00:00Z');
const MINUTE = 60_000;

function open() {
  const state = { wallMs: NOON, monotonicMs: 5000, told: null as Told | null, said: [] as string[] };
  const clock = createClock({
    wallMs: () => state.wallMs,
    monotonicMs: () => state.monotonicMs,
    told: () => state.told,
    say: (sentence) => state.said.push(sentence),
  });
  return { state, clock };
}

it('is the machine’s own before Keyhouse has told anything, and while the two agree to a minute', () => {
  const { state, clock } = open();
  expect([clock.nowMs(), clock.aheadMs]).toEqual([NOON, 0]);
  state.told = { atMs: NOON - 50_000, heardAtMs: 5000 };
  clock.warnIfOff();
  expect([clock.nowMs(), clock.aheadMs, state.said]).toEqual([NOON, 50_000, []]);
});

it('is Keyhouse’s where the machine’s is minutes off, goes on between two messages, and says so', () => {
  for (const [off, sentence] of [
    [5 * MINUTE, 'about 5 minutes ahead of'],
    [-5 * MINUTE, 'about 5 minutes behind'],
    [65_000, 'about 1 minute ahead of'],
  ] as const) {
    const { state, clock } = open();
    state.told = { atMs: NOON - off, heardAtMs: 5000 };
    clock.warnIfOff();
    expect(clock.nowMs()).toBe(NOON - off);
    expect(state.said).toEqual([expect.stringContaining(sentence)]);
    state.monotonicMs += 7000;
    state.wallMs += 7000;
    expect(clock.nowMs()).toBe(NOON - off + 7000);
  }
});

it('does not go back when the machine’s clock is set back, with or without Keyhouse', () => {
  const { state, clock } = open();
  expect(clock.nowMs()).toBe(NOON);
  state.wallMs -= 40 * MINUTE;
  expect(clock.nowMs()).toBe(NOON);
  state.told = { atMs: NOON + 2000, heardAtMs: 5000 };
  expect(clock.nowMs()).toBe(NOON);
  state.wallMs -= 90 * MINUTE;
  expect(clock.nowMs()).toBe(NOON + 2000);
});
