/** What kind of picture a logo is, by its own first bytes: nobody's word for it is taken, and nothing else is served. */

export type LogoType = 'image/png' | 'image/jpeg' | 'image/webp' | 'image/svg+xml';

export const MAX_LOGO_BYTES = 100_000;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** One element, perhaps behind a declaration and comments. A DOCTYPE may bring entities, so there is none. */
const SVG = /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<svg[\s>]/;

/** Reads base64 (RFC 4648 §4); a sentence when it is no logo. */
export function readLogo(base64: string): { readonly type: LogoType; readonly base64: string } | string {
  if (base64 === '' || !BASE64.test(base64)) return 'The logo must be the base64 of a picture.';
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > MAX_LOGO_BYTES) return 'The logo may have at most 100 kB.';
  const type = typeOf(bytes);
  if (type === null) return 'The logo must be a PNG, JPEG, WebP or SVG picture.';
  return { type, base64 };
}

function typeOf(bytes: Buffer): LogoType | null {
  const starts = (text: string, at = 0): boolean => bytes.subarray(at, at + text.length).toString('latin1') === text;
  if (starts('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (starts('\xff\xd8\xff')) return 'image/jpeg';
  if (starts('RIFF') && starts('WEBP', 8)) return 'image/webp';
  return isSvg(bytes) ? 'image/svg+xml' : null;
}

/** It is served so that no script of it runs; one that has some is refused all the same. */
function isSvg(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  return (
    !text.includes('\uFFFD') &&
    SVG.test(text) &&
    !/<script|<foreignObject|\son[a-z]+\s*=|javascript:|<!DOCTYPE|<!ENTITY/i.test(text)
  );
}
