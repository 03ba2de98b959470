import { useCallback, useLayoutEffect, useRef } from 'react';

/** One function for as long as the component lives, which does what the last one did: parts that are memoized are not rendered again for it. */
export function useStable<Args extends readonly unknown[]>(act: (...args: Args) => void): (...args: Args) => void {
  const latest = useRef(act);
  useLayoutEffect(() => {
    latest.current = act;
  });
  return useCallback((...args: Args) => latest.current(...args), []);
}
