/**
 * Signing in with a passkey, as the first step or as the second. The answer fits `Attempt.run`: nothing more is required after a
 * passkey.
 */
import { ask } from '../lib/ask.ts';

export async function signInWithPasskey(): Promise<null> {
  const [{ startAuthentication }, options] = await Promise.all([
    import('@simplewebauthn/browser'),
    ask('POST /log-in/passkey/options'),
  ]);
  const response = await startAuthentication({ optionsJSON: options as never });
  await ask('POST /log-in/passkey', { body: { response: response as never } });
  return null;
}
