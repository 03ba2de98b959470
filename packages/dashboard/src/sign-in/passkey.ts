/** Logging in with a passkey; what the browser needs for it is loaded when it is asked for. */
import { ask } from '../lib/ask.ts';

export const knowsPasskeys = (): boolean => typeof window.PublicKeyCredential === 'function';

/** The browser's own part was ended by the person, by time, or by another attempt. */
export const isCancelled = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError');

export async function enterWithPasskey(): Promise<{ to: string }> {
  return await enter(await pick(false));
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
  const offer = async (): Promise<void> => {
    if (isGone || !(await canAutofill())) return;
    const picked = await pick(true).catch(() => null);
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
  // A new one ends the one before it (WebAuthn Level 3 §5.1.4: one at a time); `pick` then fails quietly.
  const timer = setInterval(() => void offer(), RENEW_MS);
  void offer();
  return () => {
    end();
    void import('@simplewebauthn/browser').then(({ WebAuthnAbortService }) => WebAuthnAbortService.cancelCeremony());
  };
}

async function pick(autofill: boolean) {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const options = await ask('POST /log-in/passkey/options');
  return await startAuthentication({ optionsJSON: options as never, useBrowserAutofill: autofill });
}

const enter = (response: Awaited<ReturnType<typeof pick>>): Promise<{ to: string }> =>
  ask('POST /log-in/passkey', { body: { response: response as never } });

async function canAutofill(): Promise<boolean> {
  return knowsPasskeys() && (await window.PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}
