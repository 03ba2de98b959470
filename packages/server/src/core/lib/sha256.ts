/** SHA-256, in the two forms in which hashes are kept and sent. What is presented is never stored: only its hash is. */
import { createHash, hash } from 'node:crypto';
import { pause } from './pause.ts';

/** Of a text (its UTF-8) or of bytes, in lower-case hex: as hashes are stored. */
export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

/** Of a text (its UTF-8) or of bytes, in base64url without padding: the form of hashes in what is sent. */
export const sha256Base64Url = (data: string | Uint8Array): string => hash('sha256', data, 'base64url');

/** This many bytes are hashed before others get their turn. */
const SLICE_BYTES = 1 << 20;

/** Like `sha256Base64Url`, for so many bytes that other requests should not have to wait until it is finished. */
export async function sha256InSlices(bytes: Uint8Array): Promise<string> {
  const digest = createHash('sha256');
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    if (start > 0) await pause();
    digest.update(bytes.subarray(start, start + SLICE_BYTES));
  }
  return digest.digest('base64url');
}
