/** What a guard tells about use and refusals, to whoever carries it back to Keyhouse. */
import type { Caller } from './caller.ts';
import type { Presented } from './presented.ts';

export interface From {
  readonly atMs: number;
  readonly address: string | null;
  readonly userAgent: string | null;
}

export interface RefusalNote {
  readonly requestId: string;
  readonly atMs: number;
  readonly status: 401 | 403 | 503;
  /** The server's own words for reasons, and `forbidden`, `stale`, `issuer_away`. */
  readonly reason: string;
  /** Null when nobody knows whose it was. */
  readonly caller: Caller | null;
  /** Where Keyhouse said no more than that it does not hold. */
  readonly presented: Presented | null;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly wanted: readonly string[];
  readonly address: string | null;
  readonly userAgent: string | null;
}

export interface Reporter {
  /**
   * An allowed request; on the way of each, so it costs next to nothing. `permissions`: all that it needed; none on a public route, to which
   * somebody came with a good credential.
   */
  record(caller: Caller, permissions: readonly string[], from: From): void;
  refuse(note: RefusalNote): void;
  /** Sends what has gathered; never rejects. */
  flush(): Promise<void>;
  /** The same for the last time. */
  close(): Promise<void>;
  metrics(): Readonly<Record<string, number>>;
}
