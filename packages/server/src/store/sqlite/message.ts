/** What the main thread and the writer send each other. */
import type { Refused } from '../../core/refusal.ts';
import type { Change } from '../../core/revocations/change.ts';

export interface WriterRequest {
  readonly id: number;
  readonly act: string;
  readonly input: unknown;
}

export type WriterAnswer =
  | { readonly id: number; readonly ok: true; readonly result: unknown; readonly changes: readonly Change[] }
  | { readonly id: number; readonly ok: false; readonly refused: Refused }
  | { readonly id: number; readonly ok: false; readonly refused: null; readonly unavailable: boolean; readonly message: string };
