/** Keys and tokens that can be computed from a number, so that the load generator need not read the server's database. */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Forty letters that look random; the bias of `% 62` does not matter to a benchmark. */
function letters(index: number): string {
  const bytes = hash('sha512', `bench ${index}`, 'buffer');
  let text = '';
  for (let i = 0; i < 40; i++) text += BASE62.charAt((bytes[i] ?? 0) % 62);
  return text + crc32(text).toString(16).padStart(8, '0');
}

export const keyText = (index: number): string => `kh_live_${letters(index)}`;

/** The part after the bar; its row has the id `index`. */
export const tokenSecret = (index: number): string => `kh_${letters(index)}`;

export const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');
