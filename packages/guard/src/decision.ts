/** What a guard is asked, and what it answers. */
import type { Caller } from './caller.ts';

export interface Wire {
  /** Of the direct peer; null if the runtime does not report it. */
  readonly address: string | null;
  readonly isEncrypted: boolean;
}

/** A request as every framework can pass it. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as they were received. */
  readonly target: string;
  /** Names and values alternate, as in Node's `rawHeaders`: two `Authorization` headers must be told from one. */
  readonly headers: readonly string[];
  readonly peer: Wire;
  /** The router takes `/API` for `/api`. */
  readonly foldsCase?: boolean;
}

export type Decision =
  /** `caller` is null if none is needed: on public routes, and for CORS preflights. */
  | { readonly ok: true; readonly caller: Caller | null }
  | {
      readonly ok: false;
      readonly status: 400 | 401 | 403 | 503;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: { readonly message: string };
      readonly requestId: string;
    };
