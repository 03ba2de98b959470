/** A server that was started, of one process or of several, and how long its end may take. */

export interface RunningServer {
  readonly port: number;
  /** `drain`: continues to answer for `KEYHOUSE_DRAIN_SECONDS`, while `/readyz` says that it stops. */
  stop(options: { readonly drain: boolean }): Promise<void>;
}

/**
 * For the last answers, and then for what is still to be written. With the five seconds of draining it is less than the ten that
 * `docker stop` waits.
 */
export const LAST_ANSWERS_MS = 3000;
export const LAST_WRITES_MS = 1500;
