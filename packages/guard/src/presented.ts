/**
 * What came with a request and does not hold, told to Keyhouse by digests alone, so that it can find why, and whose it is. They are the digests that
 * it stores: of a secret of 238 bits nothing follows from them. Of a text without our form they are as good as the secret is, and go to nobody but
 * Keyhouse, which was asked about the very text a moment ago and keeps none of them.
 */
import { parseCredential } from '@keyhouse/protocol';
import { sha256 } from '#platform';

/** As it goes over the wire; digests are base64url. */
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

/** At once on Node; null for what is looked up nowhere. */
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
