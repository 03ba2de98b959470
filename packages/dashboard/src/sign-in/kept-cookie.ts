/** Whether the browser kept the cookie that it was just given. Some say that they take cookies, and send none back. */
import { AskError, ask } from '../lib/ask.ts';
import { words } from './words.ts';

/**
 * Rejects with a sentence for people when it did not: the next page would ask for the password again without a word. `step`: the first of two steps
 * was done. When the server cannot be asked, nothing is said; the next page will.
 */
export async function requireCookie(of: 'sign-in' | 'step'): Promise<void> {
  const state = await ask('GET /state').catch(() => null);
  if (state === null || (of === 'sign-in' ? state.signed_in : state.step !== null)) return;
  throw new AskError({ kind: 'invalid', errors: { cookie: [words.noCookies] } });
}
