/**
 * How long a test waits for something that must happen, in milliseconds, before it reports that it never did. This only stops a
 * test that hangs: no promise about speed is measured with it, so a slow or a busy machine fails nothing. Figures of speed are in
 * `bench/`.
 */
export const PATIENCE_MS = 180_000;

/** How long one test, or one hook, may take in total. */
export const TEST_PATIENCE_MS = 900_000;
