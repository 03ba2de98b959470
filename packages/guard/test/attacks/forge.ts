/** Keys and signatures of an attacker, and messages of the feed signed with them. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { FEED_TYPE, type FeedMessage, type FeedSignature, formatFeedMessage, formatFeedSignature } from '@keyhouse/protocol';

export interface Forger {
  readonly kid: string;
  /** As it would be in a set. */
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly privateKey: KeyObject;
}

export function newForger(kid = 'forged-1'): Forger {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' } };
}

export const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function signJws({ privateKey }: Pick<Forger, 'privateKey'>, header: unknown, payload: string): string {
  const input = `${encode(header)}.${Buffer.from(payload).toString('base64url')}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

export interface Signed {
  readonly text: string;
  readonly signature: string;
}

/** `lies`: what the signature says instead. */
export function signMessage(
  forger: Forger,
  iss: string,
  message: FeedMessage,
  lies: { readonly header?: object; readonly payload?: Partial<FeedSignature> } = {},
): Signed {
  const text = formatFeedMessage(message);
  const sha256 = createHash('sha256').update(text).digest('base64url');
  const { epoch, position, atMs } = message;
  const payload = formatFeedSignature({ iss, epoch, position, atMs, sha256, ...lies.payload });
  return { text, signature: signJws(forger, { alg: 'ES256', kid: forger.kid, typ: FEED_TYPE, ...lies.header }, payload) };
}

export const asEvent = ({ text, signature }: Signed): string => `event: revocations\ndata: ${text}\ndata: ${signature}\n\n`;
