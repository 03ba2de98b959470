/** What the main thread, the writer and the reader send each other. */
import { Refusal, type Refused } from '../../core/refusal.ts';
import type { Change } from '../../core/revocations/change.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';

export interface WriterRequest {
  readonly id: number;
  readonly act: string;
  readonly input: unknown;
}

export type WriterAnswer =
  | { readonly id: number; readonly ok: true; readonly result: unknown; readonly changes: readonly Change[] }
  | { readonly id: number; readonly ok: false; readonly refused: Refused }
  | { readonly id: number; readonly ok: false; readonly refused: null; readonly unavailable: boolean; readonly message: string };

/** What the caller of the act gets as an exception. */
export function errorOf(answer: Extract<WriterAnswer, { ok: false }>): Error {
  if (answer.refused !== null) return new Refusal(answer.refused);
  return answer.unavailable ? new StoreUnavailable(answer.message) : new Error(answer.message);
}

export interface ReadRequest {
  readonly room: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

export type ReadAnswer =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly unavailable: boolean; readonly message: string };
