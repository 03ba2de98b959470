import { describe, expect, it } from 'vitest';
import { partsOf, spanOf } from './window-of.ts';

const heights = Array.from({ length: 1000 }, () => 50);

describe('a window on a long list', () => {
  it('holds what is seen, and a margin for the keyboard', () => {
    expect(spanOf(heights, 0, 400)).toEqual({ from: 0, to: 12 });
    expect(spanOf(heights, 5000, 5400)).toEqual({ from: 95, to: 112 });
    expect(spanOf(heights, 49_900, 50_300)).toEqual({ from: 993, to: 1000 });
    expect(spanOf(heights, 90_000, 90_400)).toEqual({ from: 995, to: 1000 });
    expect(spanOf([], 0, 400)).toEqual({ from: 0, to: 0 });
  });

  it('keeps the room of the rest, so that nothing jumps', () => {
    const parts = partsOf(heights, { from: 95, to: 112 }, -1);
    expect(parts[0]).toEqual({ gap: 0, height: 95 * 50 });
    expect(parts.at(-1)).toEqual({ gap: 18, height: (1000 - 112) * 50 });
    expect(parts.filter((part) => 'index' in part)).toHaveLength(17);
  });

  it('keeps the row that has the focus and its neighbours, however far away', () => {
    const shown = partsOf(heights, { from: 500, to: 510 }, 3).flatMap((part) => ('index' in part ? [part.index] : []));
    expect(shown.slice(0, 4)).toEqual([2, 3, 4, 500]);
    expect(partsOf(heights, { from: 0, to: 3 }, 999).at(-1)).toEqual({ index: 999 });
  });
});
