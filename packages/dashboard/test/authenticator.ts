/** Chromium's virtual authenticator (CDP WebAuthn): a real WebAuthn client and real signatures, without a person to touch it. */
import type { CDPSession, Page } from 'playwright-core';

export interface Authenticator {
  /**
   * Whether it recognizes the user by finger, face or PIN. If not, the browser reports to the page what it reports when a user
   * cancels.
   */
  setVerified(isVerified: boolean): Promise<void>;
  count(): Promise<number>;
  /** Moves the passkeys to the authenticator of another browser, as a password manager would. */
  copyTo(other: Authenticator): Promise<void>;
  readonly session: CDPSession;
  readonly id: string;
}

export async function addAuthenticator(page: Page): Promise<Authenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId: id } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const credentials = async () => (await session.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials;
  return {
    session,
    id,
    setVerified: async (isVerified) =>
      void (await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: isVerified })),
    count: async () => (await credentials()).length,
    copyTo: async (other) => {
      for (const credential of await credentials())
        await other.session.send('WebAuthn.addCredential', { authenticatorId: other.id, credential });
    },
  };
}
