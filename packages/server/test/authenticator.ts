/** A passkey in software (WebAuthn Level 3), which does what the test wants, including what no authenticator would do. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { Browser } from './browser.ts';

const FLAGS = { present: 0x01, verified: 0x04, attested: 0x40 };

interface Told {
  /** Whether the user was asked for a finger or a PIN. */
  verified?: boolean;
  counter?: number;
  origin?: string;
  rpId?: string;
  type?: string;
  challenge?: string;
}

export type Authenticator = ReturnType<typeof createAuthenticator>;

export function createAuthenticator(url: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  /** RFC 9052 §7: EC2, ES256, P-256. */
  const coseKey = Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ]);
  let counter = 0;

  function clientData(type: string, challenge: string, told: Told): Buffer {
    const data = {
      type: told.type ?? type,
      challenge: told.challenge ?? challenge,
      origin: told.origin ?? url,
      crossOrigin: false,
    };
    return Buffer.from(JSON.stringify(data));
  }
  function authData(flags: number, count: number, { rpId = new URL(url).hostname }: Told, rest = Buffer.alloc(0)): Buffer {
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(count, 1);
    return Buffer.concat([createHash('sha256').update(rpId).digest(), head, rest]);
  }
  const base = (response: object) => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  });

  return {
    id: id.toString('base64url'),
    /** Answers `navigator.credentials.create` (§7.1). */
    register(options: { challenge: string }, told: Told = {}) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const flags = FLAGS.present | FLAGS.attested | (told.verified === false ? 0 : FLAGS.verified);
      const data = authData(flags, told.counter ?? 0, told, Buffer.concat([Buffer.alloc(16), length, id, coseKey]));
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([data.length]),
        data,
      ]);
      return base({
        clientDataJSON: clientData('webauthn.create', options.challenge, told).toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal'],
      });
    },
    /** Answers `navigator.credentials.get` (§7.2). It counts up by one, unless it is given a number. */
    answer(options: { challenge: string }, told: Told = {}) {
      const client = clientData('webauthn.get', options.challenge, told);
      const flags = FLAGS.present | (told.verified === false ? 0 : FLAGS.verified);
      counter = told.counter ?? counter + 1;
      const data = authData(flags, counter, told);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      return base({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', signed, privateKey).toString('base64url'),
      });
    },
  };
}

export async function addPasskey(browser: Browser, authenticator: Authenticator, told: Told = {}): Promise<number> {
  const options = await browser.ask('/me/passkeys/options', { method: 'POST' });
  const response = authenticator.register(options.json, told);
  return (await browser.ask('/me/passkeys', { body: { name: 'Laptop', response } })).status;
}
