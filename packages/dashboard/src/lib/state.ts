/**
 * What every page needs to know before a user is signed in. The branding comes with the page itself, the rest is requested once.
 */
import type { Api } from 'keyhouse/dashboard-api';
import { applyAccent } from './accent.ts';
import { ask } from './ask.ts';

export type State = Api['GET /state']['answer'];
export type Brand = State['brand'];

const NAMELESS: Brand = { name: 'Keyhouse', accent: '#3451b2', logo_url: null };

/** As the server wrote it into the page (http/pages.ts). */
export function brandOfPage(): Brand {
  try {
    const text = document.querySelector<HTMLMetaElement>('meta[name="brand"]')?.content ?? '';
    return JSON.parse(text) as Brand;
  } catch {
    // A page of the development server of Vite has none.
    return NAMELESS;
  }
}

let asked: Promise<State> | null = null;

/** A failure is not remembered: the next call tries again. */
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
