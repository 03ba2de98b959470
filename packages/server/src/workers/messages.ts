/** What the primary process and the processes that it keeps running send each other. */
import type { Config } from '../config.ts';
import type { PatientLimiter } from '../core/sign-ins/sign-in-limits.ts';
import type { MetricsFigures } from '../http/metrics.ts';
import type { SentError } from './sent-error.ts';

/** What the primary process tells any of them. */
export type ToChild =
  | { readonly kind: 'start'; readonly start: StartWriter | StartWorker }
  | { readonly kind: 'figures'; readonly id: number }
  | { readonly kind: 'stop'; readonly drain: boolean }
  /** To the one that writes: a worker has ended. */
  | { readonly kind: 'forget'; readonly member: number }
  /** To a worker: the answer to its question of that number. */
  | { readonly kind: 'limit'; readonly id: number; readonly answer: LimitAnswer };

export interface Start {
  /** Of the program that runs: a process that finds another one on disk must not run beside it. */
  readonly version: string;
}

export interface StartWriter extends Start {
  readonly kind: 'writer';
  readonly logLevel: Config['logLevel'];
  readonly databasePath: string;
  readonly socketPath: string;
  /** Workers that run already. */
  readonly members: readonly number[];
}

export interface StartWorker extends Start {
  readonly kind: 'worker';
  /** From 1; its successor has the same. */
  readonly place: number;
  /** No other process of this server ever has the same. */
  readonly member: number;
  /** Null on PostgreSQL. */
  readonly socketPath: string | null;
}

/** What any of them tells the primary process. */
export type FromChild =
  /** `port`: where a worker listens. */
  | { readonly kind: 'ready'; readonly port?: number }
  | { readonly kind: 'failed'; readonly error: SentError }
  | { readonly kind: 'figures'; readonly id: number; readonly figures: ProcessFigures }
  | { readonly kind: 'limit'; readonly id: number; readonly question: LimitQuestion };

export interface ProcessFigures {
  /** Null: it answers no requests. */
  readonly own: MetricsFigures | null;
  /** Of the Node process, as prom-client writes them in JSON. */
  readonly node: readonly object[];
}

/** `unknown`: failed look-ups of credentials, where nothing waits for anything. */
export type LimitQuestion =
  | { readonly of: 'sign-in'; readonly ask: 'take' | 'clear'; readonly bucket: string }
  | { readonly of: 'sign-in'; readonly ask: 'release'; readonly bucket: string; readonly result: 'failed' | 'not_failed' }
  | { readonly of: 'unknown'; readonly ask: 'take'; readonly bucket: string };

/** Null where there is nothing to say. */
export type LimitAnswer = Awaited<ReturnType<PatientLimiter['take']>> | null;
