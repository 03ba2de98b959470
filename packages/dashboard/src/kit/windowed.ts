/**
 * A list of a thousand rows, of which only the visible ones are rendered, and the one that has the focus: a browser takes a
 * second to build a thousand rows of fields. Rows have the height that they need; the space of those that are not rendered is
 * kept. Its element gets `listProps`, each row `data-key`, each gap the given height.
 */
import { type FocusEvent, type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { type Part, partsOf, type Span, spanOf } from './window-of.ts';

export interface Windowed<List extends HTMLElement> {
  readonly parts: readonly Part[];
  /** Renders a row that is not visible; in the next frame it is there, and can take the focus. */
  readonly keep: (key: string) => void;
  readonly listProps: {
    readonly ref: RefObject<List | null>;
    readonly onFocus: (event: FocusEvent) => void;
    readonly onBlur: (event: FocusEvent) => void;
  };
}

const AT_FIRST: Span = { from: 0, to: 12 };

/** `keys` must be the same array while its content does not change; `estimate`: the height of a row that was never rendered. */
export function useWindowed<List extends HTMLElement>(keys: readonly string[], estimate: number): Windowed<List> {
  const list = useRef<List>(null);
  const measured = useRef(new Map<string, number>());
  const [span, setSpan] = useState(AT_FIRST);
  const [kept, setKept] = useState<string | null>(null);
  const heightsNow = useCallback(() => keys.map((key) => measured.current.get(key) ?? estimate), [keys, estimate]);
  const update = useCallback(() => {
    if (list.current === null) return;
    measure(list.current, measured.current);
    const { top, bottom } = seenOf(list.current);
    const next = spanOf(heightsNow(), top, bottom);
    setSpan((before) => (before.from === next.from && before.to === next.to ? before : next));
  }, [heightsNow]);

  useLayoutEffect(update);
  useEffect(() => {
    const box = list.current?.parentElement;
    // A fold that opens, a window that is rotated.
    const observer = new ResizeObserver(update);
    if (box) observer.observe(box);
    // Everything that scrolls: the page, a dialog, the box around the list.
    document.addEventListener('scroll', update, { capture: true, passive: true });
    window.addEventListener('resize', update);
    return () => {
      observer.disconnect();
      document.removeEventListener('scroll', update, { capture: true });
      window.removeEventListener('resize', update);
    };
  }, [update]);

  const onFocus = useCallback((event: FocusEvent) => setKept(keyOf(event.target)), []);
  const onBlur = useCallback((event: FocusEvent) => {
    if (event.relatedTarget !== null && keyOf(event.relatedTarget) === null) setKept(null);
  }, []);
  const listProps = useMemo(() => ({ ref: list, onFocus, onBlur }), [onFocus, onBlur]);
  return { parts: partsOf(heightsNow(), span, kept === null ? -1 : keys.indexOf(kept)), keep: setKept, listProps };
}

const keyOf = (target: EventTarget): string | null =>
  target instanceof Element ? (target.closest('[data-key]')?.getAttribute('data-key') ?? null) : null;

function measure(list: HTMLElement, heights: Map<string, number>): void {
  for (const row of list.children) {
    const key = row.getAttribute('data-key');
    const { height } = row.getBoundingClientRect();
    // A folded row has none.
    if (key !== null && height > 0) heights.set(key, height + Number.parseFloat(getComputedStyle(row).marginBottom));
  }
}

/** Which pixels of the list are visible, through the window and the nearest box that scrolls. */
function seenOf(list: HTMLElement): { top: number; bottom: number } {
  const { top } = list.getBoundingClientRect();
  const box = scrollerOf(list)?.getBoundingClientRect();
  return { top: Math.max(0, box?.top ?? 0) - top, bottom: Math.min(innerHeight, box?.bottom ?? innerHeight) - top };
}

function scrollerOf(element: HTMLElement): HTMLElement | null {
  for (let box = element.parentElement; box !== null && box !== document.body; box = box.parentElement)
    if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
  return null;
}
