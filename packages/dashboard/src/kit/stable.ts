import { useCallback, useLayoutEffect, useRef } from 'react';

/** One function for the life of the component, which calls the last one: memoized parts are not rendered again because of it. */
export function useStable<Args extends readonly unknown[]>(act: (...args: Args) => void): (...args: Args) => void {
  const latest = useRef(act);
  useLayoutEffect(() => {
    latest.current = act;
  });
  return useCallback((...args: Args) => latest.current(...args), []);
}
