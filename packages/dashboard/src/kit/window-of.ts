/** Which rows of a long list are rendered. Pure; `windowed.ts` asks the page what is visible. */

/** Rows that are rendered before and after the visible ones: the keyboard reaches the next one before it is visible. */
const MARGIN = 4;

export interface Span {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** A row, or the space of all the rows between two that are rendered. */
export type Part = { readonly index: number } | { readonly gap: number; readonly height: number };

/** The rows that touch the pixels from `top` to `bottom` of the list, and some more. */
export function spanOf(heights: readonly number[], top: number, bottom: number): Span {
  let end = 0;
  let from = 0;
  while (from < heights.length && end + (heights[from] ?? 0) < top) end += heights[from++] ?? 0;
  let to = from;
  while (to < heights.length && end < bottom) end += heights[to++] ?? 0;
  return { from: Math.max(0, Math.min(from, heights.length - 1) - MARGIN), to: Math.min(heights.length, to + MARGIN) };
}

/** `kept`: a row that stays rendered, with its neighbours, wherever the list is scrolled to; -1: none. */
export function partsOf(heights: readonly number[], { from, to }: Span, kept: number): readonly Part[] {
  const isRendered = (index: number) => (index >= from && index < to) || (kept >= 0 && Math.abs(index - kept) <= 1);
  const parts: Part[] = [];
  let gap = 0;
  for (const [index, height] of heights.entries()) {
    if (!isRendered(index)) {
      gap += height;
      continue;
    }
    if (gap > 0) parts.push({ gap: parts.length, height: gap });
    gap = 0;
    parts.push({ index });
  }
  if (gap > 0) parts.push({ gap: parts.length, height: gap });
  return parts;
}
