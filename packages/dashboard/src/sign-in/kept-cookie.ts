/** Whether the browser kept the cookie that it was just given. Some report that they accept cookies, and send none back. */
import { AskError, ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { words } from './words.ts';

/** True also if a server of an earlier version answers, which does not say. */
export const keptCookie = (state: State): boolean => state.kept_cookie !== false;

const IS_KEPT = {
  'sign-in': (state: State) => state.signed_in,
  step: (state: State) => state.step !== null,
  provider: keptCookie,
};

/**
 * Rejects with a sentence for users if it did not: the next page would ask for the password again without saying why. `step`: the
 * first of two steps was done. `provider`: a sign-in with another provider begins, and would fail when it comes back. If the
 * server cannot be asked, nothing is shown; the next page will.
 */
export async function requireCookie(of: 'sign-in' | 'step' | 'provider'): Promise<void> {
  const state = await ask('GET /state').catch(() => null);
  if (state === null || IS_KEPT[of](state)) return;
  throw new AskError({ kind: 'invalid', errors: { cookie: [words.noCookies] } });
}
