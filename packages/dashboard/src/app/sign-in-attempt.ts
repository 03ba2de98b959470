/** One attempt to sign in again, in a dialog over the page. */
import type { Api } from '../lib/ask.ts';

export type StepMethod = Extract<Api['POST /log-in']['answer'], { next: 'second-factor' }>['methods'][number];

/** What the forms in it have in common: one thing at a time, and the outcome of the last one. */
export interface Attempt {
  readonly isBusy: boolean;
  readonly error: unknown;
  /** If it resolves to second-factor methods, these are asked for next; everything else has signed in. */
  run(how: () => Promise<readonly StepMethod[] | null>): void;
}
