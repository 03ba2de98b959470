/** Logging in with a passkey; what the browser needs for it is loaded when it is asked for. */
import { ask } from '../lib/ask.ts';

export const knowsPasskeys = (): boolean => typeof window.PublicKeyCredential === 'function';

/** `autofill`: offered in the field of the address, and waits there until one is picked. */
export async function enterWithPasskey({ autofill = false } = {}): Promise<{ to: string }> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const options = await ask('POST /log-in/passkey/options');
  const response = await startAuthentication({ optionsJSON: options as never, useBrowserAutofill: autofill });
  return await ask('POST /log-in/passkey', { body: { response: response as never } });
}

export async function canAutofill(): Promise<boolean> {
  return knowsPasskeys() && (await window.PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}
