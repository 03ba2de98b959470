/**
 * A wall clock that is not set back by a little: it stands still until the clock behind it has caught up, so that nothing that had expired is good
 * again. One that is set back by more than an hour was wrong before; then what it said expired had not.
 */
export function forwardClock(wallMs: () => number): () => number {
  let markMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = wallMs();
    if (nowMs >= markMs || markMs - nowMs > STANDS_STILL_MS) markMs = nowMs;
    return markMs;
  };
}

/** The longest that it stands still. */
export const STANDS_STILL_MS = 60 * 60 * 1000;
