/**
 * Sealing at rest: AES-256-GCM (NIST SP 800-38D) under the master secret's sealing key. The text is
 * `v1.` and the base64url of nonce (96 random bits), ciphertext and tag (128 bits).
 *
 * Every sealed text is bound to the name of what it holds, for example `signing-key:<kid>`, so that a row copied over another row
 * does not open. Random nonces are safe for 2^32 texts under one key; signing keys will never come close.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { decodeBase64Url, encodeBase64Url, no, type Outcome, ok } from '@keyhouse/protocol';
import type { MasterSecret } from './master-secret.ts';

const CIPHER = 'aes-256-gcm';
const VERSION = 'v1.';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The version is authenticated too: a later format cannot be presented as this one. */
const additionalData = (name: string): Buffer => Buffer.from(`keyhouse:${VERSION}${name}`, 'utf8');

/** Seals bytes under a master secret; only `open` with the same name gives them back. */
export const seal = (secret: MasterSecret, name: string, plaintext: Uint8Array): string => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret.sealingKey(), nonce, { authTagLength: TAG_BYTES }).setAAD(additionalData(name));
  const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return VERSION + encodeBase64Url(sealed);
};

/**
 * Opens a sealed text with the first master secret that fits: the current one, then the previous one. `malformed`: not a sealed
 * text of ours. `refused`: another master secret, another name, or a changed text.
 */
export const open = (
  secrets: readonly MasterSecret[],
  name: string,
  sealed: string,
): Outcome<Buffer, 'malformed' | 'refused'> => {
  if (!sealed.startsWith(VERSION)) return no('malformed');
  const bytes = decodeBase64Url(sealed.slice(VERSION.length));
  if (bytes === null || bytes.length < NONCE_BYTES + TAG_BYTES) return no('malformed');
  for (const secret of secrets) {
    const plaintext = tryOpen(secret, name, bytes);
    if (plaintext !== null) return ok(plaintext);
  }
  return no('refused');
};

const tryOpen = (secret: MasterSecret, name: string, bytes: Uint8Array): Buffer | null => {
  const decipher = createDecipheriv(CIPHER, secret.sealingKey(), bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(additionalData(name))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const plaintext = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    return null; // The tag does not fit: node:crypto says so by throwing.
  }
};
