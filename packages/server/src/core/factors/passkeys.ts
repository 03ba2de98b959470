/**
 * Passkeys (WebAuthn Level 3), with @simplewebauthn/server for the formats. A challenge is valid once, for five minutes, for one
 * use and one user. It carries all this itself, sealed: every page that offers to sign in asks for one, and asking writes
 * nothing.
 */
import { randomBytes } from 'node:crypto';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { type Clock, MINUTE_MS } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import type { User } from '../users/account.ts';
import { hashTicket, type TicketsStore } from '../users/ticket.ts';
import type { FactorsStore, Passkey } from './factor.ts';

/** `log-in`: by anybody. `proof` and `add`: by the user who asked. */
export type PasskeyUse = 'log-in' | 'proof' | 'add';

export interface PasskeyPorts {
  readonly factors: FactorsStore;
  readonly tickets: Pick<TicketsStore, 'useOnce'>;
  readonly secret: MasterSecret;
  readonly secrets: readonly MasterSecret[];
  readonly clock: Clock;
  /** The public origin; its host is the relying party's ID. */
  readonly url: string;
  readonly brand: () => { readonly name: string };
}

/** Loaded at first use: it parses certificates of every kind, and needs much memory for that. */
const webAuthn = () => import('@simplewebauthn/server');

/** Base64url of at most 1023 bytes (WebAuthn §4). */
const CREDENTIAL_ID = /^[\w-]{1,1364}$/;
const CHALLENGE_LASTS_MS = 5 * MINUTE_MS;

/** Browsers refuse passkeys where the host is an IP address. */
export const offersPasskeys = (url: string): boolean => {
  const { hostname } = new URL(url);
  return !/^[\d.]+$/.test(hostname) && !hostname.startsWith('[');
};

const relyingParty = (url: string): string => new URL(url).hostname;

/** `userId` null: anyone who has a passkey may answer (discoverable). */
export async function passkeyOptions(ports: PasskeyPorts, use: 'log-in' | 'proof', userId: number | null) {
  const passkeys = userId === null ? [] : await ports.factors.listPasskeys(userId);
  const { generateAuthenticationOptions } = await webAuthn();
  return await generateAuthenticationOptions({
    rpID: relyingParty(ports.url),
    challenge: makeChallenge(ports, use, userId),
    userVerification: 'required',
    timeout: CHALLENGE_LASTS_MS,
    allowCredentials: passkeys.map(({ id, transports }) => ({ id, transports: transports as never })),
  });
}

/** Whose passkey it is; null for everything that is not valid. `userId`: only a passkey of this user is accepted. */
export async function checkPasskey(
  ports: PasskeyPorts,
  use: 'log-in' | 'proof',
  userId: number | null,
  answer: unknown,
): Promise<Passkey | null> {
  const response = readAnswer<AuthenticationResponseJSON>(answer);
  const challenge = response === null ? null : readChallenge(ports, use, userId, response.response.clientDataJSON);
  if (response === null || challenge === null) return null;
  const passkey = await ports.factors.findPasskey(response.id);
  if (passkey === null || (userId !== null && passkey.userId !== userId)) return null;
  const { verifyAuthenticationResponse } = await webAuthn();
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge.text,
    expectedOrigin: ports.url,
    expectedRPID: relyingParty(ports.url),
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')),
      counter: passkey.counter,
    },
  }).catch(() => null);
  if (verified === null || !verified.verified || !(await useOnce(ports, challenge))) return null;
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
  return await generateRegistrationOptions({
    rpName: ports.brand().name,
    rpID: relyingParty(ports.url),
    challenge: makeChallenge(ports, 'add', user.id),
    userName: user.email,
    userDisplayName: user.displayName,
    userID: Uint8Array.from(Buffer.from(`user:${user.id}`)),
    attestationType: 'none',
    timeout: CHALLENGE_LASTS_MS,
    excludeCredentials: passkeys.map(({ id, transports }) => ({ id, transports: transports as never })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
}

/** The passkey as it is to be stored; null for everything that is not valid. */
export async function checkNewPasskey(ports: PasskeyPorts, user: User, name: string, answer: unknown): Promise<Passkey | null> {
  const response = readAnswer<RegistrationResponseJSON>(answer);
  const challenge = response === null ? null : readChallenge(ports, 'add', user.id, response.response.clientDataJSON);
  if (response === null || challenge === null) return null;
  const { verifyRegistrationResponse } = await webAuthn();
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge.text,
    expectedOrigin: ports.url,
    expectedRPID: relyingParty(ports.url),
    requireUserVerification: true,
  }).catch(() => null);
  if (verified === null || !verified.verified || verified.registrationInfo === undefined) return null;
  if (!(await useOnce(ports, challenge))) return null;
  const { credential, credentialBackedUp } = verified.registrationInfo;
  return {
    id: credential.id,
    userId: user.id,
    name,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    // As the browser says; this is not verified.
    transports: readTransports(credential.transports),
    synced: credentialBackedUp,
    createdAtMs: ports.clock.now(),
    lastUsedAtMs: null,
  };
}

interface Challenge {
  /** As the authenticator signed it: base64url. */
  readonly text: string;
  readonly endsAtMs: number;
}

/** At least 16 random bytes (§13.4.3), and the expiry. */
const CHANCE_BYTES = 16;
const END_BYTES = 6;

/** Sealed under this name it opens for no other use, and for no other user. */
const sealName = (use: PasskeyUse, userId: number | null): string => `passkey:${use}:${userId ?? 'anybody'}`;

function makeChallenge({ secret, clock }: PasskeyPorts, use: PasskeyUse, userId: number | null): string {
  const end = Buffer.alloc(END_BYTES);
  end.writeUIntBE(clock.now() + CHALLENGE_LASTS_MS, 0, END_BYTES);
  return seal(secret, sealName(use, userId), Buffer.concat([randomBytes(CHANCE_BYTES), end]));
}

/** The challenge that the authenticator signed, if it is one of ours for this use and this user, and has not expired. */
function readChallenge(
  { secrets, clock }: PasskeyPorts,
  use: PasskeyUse,
  userId: number | null,
  clientData: string,
): Challenge | null {
  const text = challengeIn(clientData);
  if (text === null) return null;
  const opened = open(secrets, sealName(use, userId), Buffer.from(text, 'base64url').toString('utf8'));
  if (!opened.ok) return null;
  const endsAtMs = opened.value.readUIntBE(CHANCE_BYTES, END_BYTES);
  return clock.now() < endsAtMs ? { text, endsAtMs } : null;
}

const useOnce = ({ tickets, clock }: PasskeyPorts, { text, endsAtMs }: Challenge): Promise<boolean> =>
  tickets.useOnce({ purpose: 'passkey', hash: hashTicket(text), nowMs: clock.now(), endsAtMs });

const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const;
const readTransports = (told: unknown): string[] => (Array.isArray(told) ? TRANSPORTS.filter((one) => told.includes(one)) : []);

function challengeIn(clientData: string): string | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(clientData, 'base64url').toString('utf8'));
    const challenge = typeof parsed === 'object' && parsed !== null && 'challenge' in parsed ? parsed.challenge : null;
    return typeof challenge === 'string' && challenge.length <= 200 ? challenge : null;
  } catch {
    return null;
  }
}

/** Enough shape for the library to check the rest; it throws on what it does not accept. */
function readAnswer<Answer extends { id: string; response: { clientDataJSON: string } }>(answer: unknown): Answer | null {
  if (typeof answer !== 'object' || answer === null || !('id' in answer) || !('response' in answer)) return null;
  const { id, response } = answer;
  if (typeof id !== 'string' || !CREDENTIAL_ID.test(id) || typeof response !== 'object' || response === null) return null;
  return 'clientDataJSON' in response && typeof response.clientDataJSON === 'string' ? (answer as Answer) : null;
}
