/** Whether the page has been visible for a moment: a double click on another window must not hit a button of this one. */
import { useEffect, useState } from 'react';

/** Longer than a double click takes. */
const MOMENT_MS = 600;

export function useSettled(): boolean {
  const [isSettled, setSettled] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const begin = (): void => {
      clearTimeout(timer);
      setSettled(false);
      timer = setTimeout(() => setSettled(true), MOMENT_MS);
    };
    begin();
    window.addEventListener('focus', begin);
    document.addEventListener('visibilitychange', begin);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('focus', begin);
      document.removeEventListener('visibilitychange', begin);
    };
  }, []);
  return isSettled;
}
