/**
 * A wall clock that does not follow small steps back: it stops until the machine's clock has caught up, so that nothing that had
 * expired becomes valid again. A clock that is set back by more than an hour was wrong before: what had expired by it had not
 * expired.
 */
export function forwardClock(wallMs: () => number): () => number {
  let markMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = wallMs();
    if (nowMs >= markMs || markMs - nowMs > STANDS_STILL_MS) markMs = nowMs;
    return markMs;
  };
}

/** The longest time that it stops. */
export const STANDS_STILL_MS = 60 * 60 * 1000;
