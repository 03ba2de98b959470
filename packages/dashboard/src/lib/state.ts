/** What every page needs to know before anybody is signed in; asked once. */
import type { Api } from 'keyhouse/dashboard-api';
import { applyAccent } from './accent.ts';
import { ask } from './ask.ts';

export type State = Api['GET /state']['answer'];

let asked: Promise<State> | null = null;

/** A failure is not remembered: the next one who asks tries again. */
export function loadState(): Promise<State> {
  asked ??= ask('GET /state').then(
    (state) => {
      applyAccent(state.brand.accent);
      return state;
    },
    (error: unknown) => {
      asked = null;
      throw error;
    },
  );
  return asked;
}

export function forgetState(): void {
  asked = null;
}
