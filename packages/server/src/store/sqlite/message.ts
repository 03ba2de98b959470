/** What the main thread, the writer and the reader send each other; also where the writer is a process of its own. */
import { Refusal, type Refused } from '../../core/refusal.ts';
import type { Change } from '../../core/revocations/change.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { isStorageError } from './connection.ts';

export interface WriterRequest {
  readonly id: number;
  readonly act: string;
  readonly input: unknown;
}

/** An act, or a read, that failed: it was refused, or the database cannot be used, or we made a mistake. */
export type Failure =
  | { readonly id: number; readonly ok: false; readonly refused: Refused }
  | { readonly id: number; readonly ok: false; readonly refused: null; readonly unavailable: boolean; readonly message: string };

export type WriterAnswer =
  | { readonly id: number; readonly ok: true; readonly result: unknown; readonly changes: readonly Change[] }
  | Failure;

/** From a process that answers requests to the process that writes. */
export type ToWriter =
  /** First: which worker this is. What it holds in its caches must hear of every change. */
  | { readonly kind: 'member'; readonly member: number }
  | { readonly kind: 'acts'; readonly acts: readonly WriterRequest[] }
  /** The changes up to this number have reached every cache of the worker. */
  | { readonly kind: 'known'; readonly upTo: number };

export type FromWriter =
  /** From the next commit on, the worker hears of changes, and is waited for. */
  | { readonly kind: 'welcome' }
  /** Their changes were sent before, to every worker. */
  | { readonly kind: 'answers'; readonly answers: readonly WriterAnswer[] }
  /** What was committed. `number` counts such messages. */
  | { readonly kind: 'changes'; readonly number: number; readonly changes: readonly Change[] };

export interface ReadRequest {
  readonly room: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

export type ReadAnswer = { readonly id: number; readonly ok: true; readonly result: unknown } | Failure;

/** An exception as it travels. */
export function failure(id: number, error: unknown): Failure {
  if (error instanceof Refusal) return { id, ok: false, refused: error.refused };
  const message = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  return { id, ok: false, refused: null, unavailable: isStorageError(error) || error instanceof StoreUnavailable, message };
}

/** What the caller gets as an exception. */
export function errorOf(answer: Failure): Error {
  if (answer.refused !== null) return new Refusal(answer.refused);
  return answer.unavailable ? new StoreUnavailable(answer.message) : new Error(answer.message);
}
