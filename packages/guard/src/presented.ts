/**
 * What came with a request and is not valid, reported to Keyhouse only by digests, so that it can find out why, and whose it is.
 * They are the digests that it stores: a secret of 238 bits cannot be computed from them. For a text without our form they are as
 * sensitive as the secret, and go only to Keyhouse, which was asked about the text itself a moment ago and keeps none of them.
 */
import { parseCredential } from '@keyhouse/protocol';
import { sha256 } from '#platform';

/** As it is sent; digests are base64url. */
export type Presented =
  | { readonly kind: 'token'; readonly id: number; readonly sha256: string }
  | { readonly kind: 'key'; readonly sha256: string }
  | {
      readonly kind: 'foreign';
      readonly sha256: string;
      /** `12|text` may be the secret `text` of number 12. */
      readonly behind_bar?: { readonly id: string; readonly sha256: string };
    };

const LONGEST_ID = 255;

/** At once on Node; null for what is never looked up. */
export function digested(text: string): Presented | null | Promise<Presented | null> {
  const presented = parseCredential(text);
  switch (presented.kind) {
    case 'token': {
      const { kind, id, secret } = presented;
      return then(sha256(secret), (digest) => ({ kind, id, sha256: digest }));
    }
    case 'key':
      return then(sha256(text), (digest) => ({ kind: 'key', sha256: digest }));
    case 'foreign':
      return then(sha256(text), (digest) => foreign(text, digest));
    case 'jwt':
    case 'never-bearer':
    case 'malformed':
      return null;
  }
}

function foreign(text: string, digest: string): Presented | Promise<Presented> {
  const whole = { kind: 'foreign', sha256: digest } as const;
  const bar = text.indexOf('|');
  if (bar < 1 || bar > LONGEST_ID) return whole;
  const id = text.slice(0, bar);
  return then(sha256(text.slice(bar + 1)), (behind) => ({ ...whole, behind_bar: { id, sha256: behind } }));
}

/** The platforms differ in when they answer. */
const then = <Result>(
  digest: string | Promise<string>,
  make: (digest: string) => Result | Promise<Result>,
): Result | Promise<Result> => (digest instanceof Promise ? digest.then(make) : make(digest));
