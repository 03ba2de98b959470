/**
 * A logo: a small raster picture. Its type and its size in pixels are read from its own first bytes, never from what a client
 * says.
 *
 * SVG is not accepted. It is a document: deciding that one is harmless takes an XML parser and a list of everything that browsers
 * run, and both would be fed by strangers. An SVG that was stored by an earlier version is still served, under a sandbox
 * (`http/dashboard/logo.ts`).
 */

import { type PictureType, readPicture } from './picture.ts';

export type LogoType = PictureType;

/** What the database may contain. */
export type StoredLogoType = LogoType | 'image/svg+xml';

export const MAX_LOGO_BYTES = 100_000;

/** A hundred kilobytes can expand to gigabytes of pixels in every browser that shows them. */
export const MAX_LOGO_SIDE_PIXELS = 4096;

/** Reads base64 (RFC 4648 §4); a sentence if it is not a logo. */
export function readLogo(base64: string): { readonly type: LogoType; readonly base64: string } | string {
  const bytes = decodeBase64(base64);
  if (bytes === null) return 'The logo must be a picture in base64.';
  if (bytes.length > MAX_LOGO_BYTES) return 'The logo can have at most 100 kB.';
  const picture = readPicture(bytes);
  if (picture === null) return 'The logo must be a PNG, JPEG or WebP picture.';
  if (picture.width > MAX_LOGO_SIDE_PIXELS || picture.height > MAX_LOGO_SIDE_PIXELS)
    return 'The logo can be at most 4,096 pixels wide and high.';
  return { type: picture.type, base64 };
}

/** Node's decoder skips characters that are not base64, so the result is encoded again and compared. */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : null;
}
