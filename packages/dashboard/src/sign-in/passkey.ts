/** Signing in with a passkey; what the browser needs for it is loaded on demand. */
import { ask } from '../lib/ask.ts';

export const knowsPasskeys = (): boolean => typeof window.PublicKeyCredential === 'function';

/** The browser's own dialog was ended by the user, by a time-out, or by another attempt. */
export const isCancelled = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError');

/**
 * Ceremonies that the user started and that are running. The offer in the field gives way to them: a browser has one ceremony at
 * a time, and a new one ends the previous one (WebAuthn Level 3 §5.1.4).
 */
let askedFor = 0;

export async function signInWithPasskey(): Promise<{ to: string }> {
  askedFor += 1;
  try {
    const { start, options } = await prepare();
    return await sendAnswer(await start({ optionsJSON: options }));
  } finally {
    askedFor -= 1;
  }
}

/** For a signed-in user: this becomes the last proof. */
export async function proveWithPasskey(): Promise<void> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const options = await ask('POST /proof/passkey/options');
  const response = await startAuthentication({ optionsJSON: options as never });
  await ask('POST /proof/passkey', { body: { response: response as never } });
}

/** Of a challenge, which is valid for five minutes, so that a passkey that is picked from the field late still works. */
const RENEW_MS = 4 * 60_000;

/**
 * Offers passkeys in the field of the address, and waits there until one is picked. `onEntered`, `onFailed`: the outcome for the
 * one that was picked. Returns a function that ends it.
 */
export function offerPasskeys(onEntered: (to: string) => void, onFailed: (error: unknown) => void): () => void {
  let isGone = false;
  const isUnwanted = (): boolean => isGone || askedFor > 0;
  const pick = async () => {
    const { start, options } = await prepare();
    // The preparation may have taken long, and the user may have chosen another way by then.
    return isUnwanted() ? null : await start({ optionsJSON: options, useBrowserAutofill: true });
  };
  const offer = async (): Promise<void> => {
    if (isUnwanted() || !(await canAutofill())) return;
    const picked = await pick().catch(() => null);
    if (isGone || picked === null) return;
    try {
      onEntered((await sendAnswer(picked)).to);
    } catch (error) {
      // What failed once is not offered again automatically; the button is there.
      end();
      onFailed(error);
    }
  };
  const end = (): void => {
    isGone = true;
    clearInterval(timer);
  };
  // A new one ends the previous one; `pick` then fails silently.
  const timer = setInterval(() => void offer(), RENEW_MS);
  void offer();
  return () => {
    end();
    void import('@simplewebauthn/browser').then(({ WebAuthnAbortService }) => WebAuthnAbortService.cancelCeremony());
  };
}

async function prepare() {
  const { startAuthentication: start } = await import('@simplewebauthn/browser');
  const options = await ask('POST /log-in/passkey/options');
  return { start, options: options as never };
}

const sendAnswer = (response: object): Promise<{ to: string }> =>
  ask('POST /log-in/passkey', { body: { response: response as never } });

async function canAutofill(): Promise<boolean> {
  return knowsPasskeys() && (await window.PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}
