/** Passkeys (WebAuthn Level 3), with @simplewebauthn/server for the formats. A challenge is a ticket: good once, for one purpose. */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { type Clock, MINUTE_MS } from '../lib/clock.ts';
import type { User } from './account.ts';
import type { FactorsStore, Passkey } from './factor.ts';
import { hashTicket, type TicketsStore } from './ticket.ts';

/** `log-in`: by anybody. `proof` and `add`: by the user who asked. */
export type PasskeyUse = 'log-in' | 'proof' | 'add';

export interface PasskeyPorts {
  readonly factors: FactorsStore;
  readonly tickets: TicketsStore;
  readonly clock: Clock;
  /** The public origin; its host is the relying party's id. */
  readonly url: string;
  readonly brand: () => { readonly name: string };
}

/** Loaded by the first who asks: it parses certificates of every kind, and takes its room in memory for it. */
const webAuthn = () => import('@simplewebauthn/server');

const CHALLENGE_LASTS_MS = 5 * MINUTE_MS;

/** Browsers refuse them where the host is an IP address. */
export const offersPasskeys = (url: string): boolean => {
  const { hostname } = new URL(url);
  return !/^[\d.]+$/.test(hostname) && !hostname.startsWith('[');
};

const relyingParty = (url: string): string => new URL(url).hostname;

/** `userId` null: whoever has one may answer (discoverable). */
export async function passkeyOptions(ports: PasskeyPorts, use: 'log-in' | 'proof', userId: number | null) {
  const passkeys = userId === null ? [] : await ports.factors.listPasskeys(userId);
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({
    rpID: relyingParty(ports.url),
    userVerification: 'required',
    timeout: CHALLENGE_LASTS_MS,
    allowCredentials: passkeys.map(({ id, transports }) => ({ id, transports: transports as never })),
  });
  await keepChallenge(ports, use, userId, options.challenge);
  return options;
}

/** Whose passkey it is; null for everything that does not hold. `userId`: only theirs will do. */
export async function checkPasskey(
  ports: PasskeyPorts,
  use: 'log-in' | 'proof',
  userId: number | null,
  answer: unknown,
): Promise<Passkey | null> {
  const response = readAnswer<AuthenticationResponseJSON>(answer);
  const challenge = response === null ? null : await takeChallenge(ports, use, userId, response.response.clientDataJSON);
  if (response === null || challenge === null) return null;
  const passkey = await ports.factors.findPasskey(response.id);
  if (passkey === null || (userId !== null && passkey.userId !== userId)) return null;
  const { verifyAuthenticationResponse } = await webAuthn();
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: ports.url,
    expectedRPID: relyingParty(ports.url),
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')),
      counter: passkey.counter,
    },
  }).catch(() => null);
  if (verified === null || !verified.verified) return null;
  const { newCounter } = verified.authenticationInfo;
  const used = await ports.factors.usePasskey({
    userId: passkey.userId,
    id: passkey.id,
    counter: newCounter,
    nowMs: ports.clock.now(),
  });
  return used ? passkey : null;
}

export async function newPasskeyOptions(ports: PasskeyPorts, user: User) {
  const passkeys = await ports.factors.listPasskeys(user.id);
  const { generateRegistrationOptions } = await webAuthn();
  const options = await generateRegistrationOptions({
    rpName: ports.brand().name,
    rpID: relyingParty(ports.url),
    userName: user.email,
    userDisplayName: user.displayName,
    userID: Uint8Array.from(Buffer.from(`user:${user.id}`)),
    attestationType: 'none',
    timeout: CHALLENGE_LASTS_MS,
    excludeCredentials: passkeys.map(({ id, transports }) => ({ id, transports: transports as never })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  await keepChallenge(ports, 'add', user.id, options.challenge);
  return options;
}

/** The passkey as it is to be stored; null for everything that does not hold. */
export async function checkNewPasskey(ports: PasskeyPorts, user: User, name: string, answer: unknown): Promise<Passkey | null> {
  const response = readAnswer<RegistrationResponseJSON>(answer);
  const challenge = response === null ? null : await takeChallenge(ports, 'add', user.id, response.response.clientDataJSON);
  if (response === null || challenge === null) return null;
  const { verifyRegistrationResponse } = await webAuthn();
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: ports.url,
    expectedRPID: relyingParty(ports.url),
    requireUserVerification: true,
  }).catch(() => null);
  if (verified === null || !verified.verified || verified.registrationInfo === undefined) return null;
  const { credential, credentialBackedUp } = verified.registrationInfo;
  return {
    id: credential.id,
    userId: user.id,
    name,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: credential.transports ?? [],
    synced: credentialBackedUp,
    createdAtMs: ports.clock.now(),
    lastUsedAtMs: null,
  };
}

async function keepChallenge(ports: PasskeyPorts, use: PasskeyUse, userId: number | null, challenge: string): Promise<void> {
  const nowMs = ports.clock.now();
  const ticket = {
    hash: hashTicket(challenge),
    purpose: 'passkey',
    userId,
    data: { use },
    createdAtMs: nowMs,
    endsAtMs: nowMs + CHALLENGE_LASTS_MS,
  } as const;
  await ports.tickets.issueTicket({ ticket, replace: false, event: null });
}

/** The challenge that the authenticator signed, when it is one of ours for this use and this user, and was not used before. */
async function takeChallenge(
  ports: PasskeyPorts,
  use: PasskeyUse,
  userId: number | null,
  clientData: string,
): Promise<string | null> {
  const challenge = challengeIn(clientData);
  if (challenge === null) return null;
  const ticket = await ports.tickets.redeemTicket({ purpose: 'passkey', hash: hashTicket(challenge), nowMs: ports.clock.now() });
  return ticket !== null && ticket.data.use === use && ticket.userId === userId ? challenge : null;
}

function challengeIn(clientData: string): string | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(clientData, 'base64url').toString('utf8'));
    const challenge = typeof parsed === 'object' && parsed !== null && 'challenge' in parsed ? parsed.challenge : null;
    return typeof challenge === 'string' && challenge.length <= 200 ? challenge : null;
  } catch {
    return null;
  }
}

/** Enough shape that the library can look at the rest; what it does not like it throws at. */
function readAnswer<Answer extends { id: string; response: { clientDataJSON: string } }>(answer: unknown): Answer | null {
  if (typeof answer !== 'object' || answer === null || !('id' in answer) || !('response' in answer)) return null;
  const { id, response } = answer;
  if (typeof id !== 'string' || id.length > 2048 || typeof response !== 'object' || response === null) return null;
  return 'clientDataJSON' in response && typeof response.clientDataJSON === 'string' ? (answer as Answer) : null;
}
