/**
 * The master secret: the one secret that the operator keeps outside the database. What is sealed at rest is sealed under a
 * key derived from it (HKDF-SHA-256, RFC 5869); it signs nothing, hashes nothing and never leaves this object.
 */
import { hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import { no, type Outcome, ok } from '@keyhouse/protocol';

/** Text of less than 256 bits cannot hold 256 random bits. */
export const MASTER_SECRET_MIN_BYTES = 32;

/** Derivations never share an info string: knowing one derived value says nothing about another. */
const SEALING_INFO = 'keyhouse/v1/sealing-key';
const CHECK_INFO = 'keyhouse/v1/check-value';
const ADDRESS_INFO = 'keyhouse/v1/address-hash';

const derive = (text: string, info: string): Buffer => Buffer.from(hkdfSync('sha256', text, '', info, 32));

/** A master secret, ready to use. It prints as `[secret]`, wherever it is printed. */
export class MasterSecret {
  /** What the database keeps (64 hex digits) to refuse a wrong master secret at start. Nothing can be opened with it. */
  readonly check: string;
  readonly #sealingKey: Buffer;
  readonly #addressKey: Buffer;

  constructor(text: string) {
    this.check = derive(text, CHECK_INFO).toString('hex');
    this.#sealingKey = derive(text, SEALING_INFO);
    this.#addressKey = derive(text, ADDRESS_INFO);
  }

  /** The AES-256 key; a function, so that code that walks properties does not find it. */
  sealingKey(): Buffer {
    return this.#sealingKey;
  }

  /** Keys the hashes of addresses that a user has signed in from. */
  addressKey(): Buffer {
    return this.#addressKey;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** Reads a master secret: any text of at least 32 bytes, used unchanged. */
export const readMasterSecret = (text: string): Outcome<MasterSecret, 'too_short'> =>
  Buffer.byteLength(text, 'utf8') < MASTER_SECRET_MIN_BYTES ? no('too_short') : ok(new MasterSecret(text));
