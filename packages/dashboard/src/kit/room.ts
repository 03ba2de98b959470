import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

const REM = 16;

/**
 * Whether a table that needs this many rem has them in its container: the width of the window is not enough, because a navigation
 * or another column may be next to it. If not, its rows become cards.
 */
export function useRoom<Box extends HTMLElement>(rem: number): readonly [box: RefObject<Box | null>, hasRoom: boolean] {
  const box = useRef<Box>(null);
  const [hasRoom, setRoom] = useState(true);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setRoom(element.clientWidth >= rem * REM);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [rem]);
  return [box, hasRoom];
}
