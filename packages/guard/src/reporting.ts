/** What a guard records about use and refusals, for the part that reports it to Keyhouse. */
import type { Caller } from './caller.ts';
import type { Presented } from './presented.ts';

export interface RequestSource {
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
  /** Null if the owner is not known. */
  readonly caller: Caller | null;
  /** If Keyhouse said only that it is not valid. */
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
   * An allowed request; called for each, so it costs next to nothing. `permissions`: all that it needed; none on a public route
   * that was called with a valid credential.
   */
  record(caller: Caller, permissions: readonly string[], from: RequestSource): void;
  refuse(note: RefusalNote): void;
  /** Sends what was collected; never rejects. */
  flush(): Promise<void>;
  /** The same for the last time. */
  close(): Promise<void>;
  metrics(): Readonly<Record<string, number>>;
}
