/**
 * JWTs whose signature was verified before, so that it need not be verified again. An entry is found by the signature, and
 * accepted only if the whole text is identical to the one that was verified, character by character: no other text can use a
 * verified signature or `jti`, and a text that merely decodes to the same bytes was refused before it came here. An entry does
 * not mean that the JWT is still valid.
 */

import type { VerifiedJwt } from '@keyhouse/protocol';
import { JWS_MAX_LENGTH } from '@keyhouse/protocol';
import { Lru } from '../lib/lru.ts';

export interface SeenJwts {
  find(text: string): VerifiedJwt | undefined;
  remember(text: string, jwt: VerifiedJwt): void;
}

interface Entry {
  readonly text: string;
  readonly jwt: VerifiedJwt;
}

/** About 20,000 JWTs of usual size; the bound is on characters, so that long ones cannot fill the memory. */
const DEFAULT_MAX_CHARACTERS = 16 * 1024 * 1024;

/** What an entry costs in addition to its text: the parsed claims, the key, the list's links. */
const OVERHEAD = 512;

/** A cache of at most this many characters; the least recently used entries are dropped first. */
export const createSeenJwts = (maxCharacters: number = DEFAULT_MAX_CHARACTERS): SeenJwts => {
  const entries = new Lru<string, Entry>({
    maxSize: maxCharacters,
    maxEntrySize: 2 * JWS_MAX_LENGTH,
    sizeCalculation: ({ text }) => text.length + OVERHEAD,
  });
  return {
    find: (text) => {
      if (text.length > JWS_MAX_LENGTH) return undefined; // Never was one: not worth hashing.
      const entry = entries.get(signatureOf(text));
      return entry !== undefined && entry.text === text ? entry.jwt : undefined;
    },
    remember: (text, jwt) => void entries.set(signatureOf(text), { text, jwt }),
  };
};

const signatureOf = (text: string): string => text.slice(text.lastIndexOf('.') + 1);
