/** Logging in with a passkey; what the browser needs for it is loaded when it is asked for. */
import { ask } from '../lib/ask.ts';

export const knowsPasskeys = (): boolean => typeof window.PublicKeyCredential === 'function';

/** The browser's own part was ended by the person, by time, or by another attempt. */
export const isCancelled = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError');

/**
 * Ceremonies that the person asked for and that are under way. The offer in the field gives way to them: a browser has one ceremony at a time, and a new
 * one ends the one before (WebAuthn Level 3 §5.1.4).
 */
let askedFor = 0;

export async function enterWithPasskey(): Promise<{ to: string }> {
  askedFor += 1;
  try {
    const { start, options } = await prepare();
    return await enter(await start({ optionsJSON: options }));
  } finally {
    askedFor -= 1;
  }
}

/** For somebody who is signed in: the last proof is then a new one. */
export async function proveWithPasskey(): Promise<void> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const options = await ask('POST /proof/passkey/options');
  const response = await startAuthentication({ optionsJSON: options as never });
  await ask('POST /proof/passkey', { body: { response: response as never } });
}

/** Of a challenge, which lasts five minutes, so that one that is picked from the field late is still good. */
const RENEW_MS = 4 * 60_000;

/**
 * Offers passkeys in the field of the address, and waits there until one is picked. `onEntered`, `onFailed`: what became of the one that was
 * picked. Returns how to end it.
 */
export function offerPasskeys(onEntered: (to: string) => void, onFailed: (error: unknown) => void): () => void {
  let isGone = false;
  const isUnwanted = (): boolean => isGone || askedFor > 0;
  const pick = async () => {
    const { start, options } = await prepare();
    // What was prepared may have taken long, and the person may have gone another way by then.
    return isUnwanted() ? null : await start({ optionsJSON: options, useBrowserAutofill: true });
  };
  const offer = async (): Promise<void> => {
    if (isUnwanted() || !(await canAutofill())) return;
    const picked = await pick().catch(() => null);
    if (isGone || picked === null) return;
    try {
      onEntered((await enter(picked)).to);
    } catch (error) {
      // What failed once is not offered again by itself; the button is there.
      end();
      onFailed(error);
    }
  };
  const end = (): void => {
    isGone = true;
    clearInterval(timer);
  };
  // A new one ends the one before it; `pick` then fails quietly.
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

const enter = (response: object): Promise<{ to: string }> =>
  ask('POST /log-in/passkey', { body: { response: response as never } });

async function canAutofill(): Promise<boolean> {
  return knowsPasskeys() && (await window.PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}
