import { describe, expect, it } from 'vitest';
import { png } from '../../../test/pictures.ts';
import { MAX_LOGO_BYTES, readLogo } from './logo.ts';

const read = (bytes: Buffer | string) => readLogo(Buffer.from(bytes).toString('base64'));
const typeOf = (bytes: Buffer) => {
  const logo = read(bytes);
  return typeof logo === 'string' ? logo : logo.type;
};

const NO_PICTURE = 'The logo must be a PNG, JPEG or WebP picture.';
const TOO_WIDE = 'The logo can be at most 4,096 pixels wide and high.';

/** A comment of 4 bytes before the frame header, as cameras write it. */
const jpeg = (width: number, height: number): Buffer => {
  const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 4, 1, 2, 0xff]), frame]);
};
const webp = (kind: string, data: number[]): Buffer =>
  Buffer.concat([Buffer.from(`RIFF\0\0\0\0WEBP${kind}\0\0\0\0`, 'latin1'), Buffer.from(data), Buffer.alloc(20)]);

describe('a logo', () => {
  it('is a PNG, a JPEG or a WebP picture, by what stands in its header', () => {
    expect(typeOf(png(28, 28))).toBe('image/png');
    expect(typeOf(jpeg(28, 28))).toBe('image/jpeg');
    expect(typeOf(webp('VP8 ', [0, 0, 0, 0x9d, 1, 0x2a, 28, 0, 28, 0]))).toBe('image/webp');
    expect(typeOf(webp('VP8L', [0x2f, 27, 0xc0, 6, 0]))).toBe('image/webp');
    expect(typeOf(webp('VP8X', [0, 0, 0, 0, 27, 0, 0, 27, 0, 0]))).toBe('image/webp');
  });

  it('is refused when it unfolds to more pixels than a page could show', () => {
    expect(typeOf(png(4096, 4096))).toBe('image/png');
    expect(read(png(4097, 1))).toBe(TOO_WIDE);
    expect(read(png(1, 4097))).toBe(TOO_WIDE);
    expect(read(jpeg(65_535, 65_535))).toBe(TOO_WIDE);
    expect(read(webp('VP8 ', [0, 0, 0, 0x9d, 1, 0x2a, 0xff, 0x3f, 1, 0]))).toBe(TOO_WIDE);
    expect(read(webp('VP8L', [0x2f, 0xff, 0xff, 0xff, 0xff]))).toBe(TOO_WIDE);
    expect(read(webp('VP8X', [0, 0, 0, 0, 0xff, 0xff, 0xff, 1, 0, 0]))).toBe(TOO_WIDE);
  });

  it('is refused without its size, cut off, or of another kind', () => {
    for (const bad of [
      png().subarray(0, 32),
      png(0, 1),
      Buffer.from('\x89PNG\r\n\x1a\nand so on, without a header', 'latin1'),
      jpeg(1, 1).subarray(0, 12),
      jpeg(0, 1),
      Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 8, 0, 0, 0, 0, 0, 0]),
      Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0]),
      webp('VP8 ', [0, 0, 0, 1, 2, 3]),
      webp('ALPH', []),
      Buffer.from('GIF89a'),
      Buffer.from('<html><script>alert(1)</script></html>'),
    ])
      expect(read(bad), bad.toString('latin1').slice(0, 30)).toBe(NO_PICTURE);
    for (const bad of ['', 'not base64!', 'AAA', 'AB==', 'AAAA\n'])
      expect(readLogo(bad)).toBe('The logo must be a picture in base64.');
    expect(read(Buffer.concat([png(), Buffer.alloc(MAX_LOGO_BYTES)]))).toBe('The logo can have at most 100 kB.');
  });

  it('is never an SVG: no markup of a stranger is parsed, so none can hold the server up or run in a browser', () => {
    for (const svg of [
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
      `${'<!---->'.repeat(50)}x`,
      `${'<!---->'.repeat(14_000)}x`,
      `<?xml ?>${' '.repeat(99_000)}x`,
    ])
      expect(read(svg)).toBe(NO_PICTURE);
  });

  it('takes no longer to refuse than its bytes take to read', () => {
    // Fill bytes and empty segments: the most steps that the longest allowed file can cause.
    const fill = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(MAX_LOGO_BYTES - 2, 0xff)]);
    const segments = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.from('fffe0002'.repeat(24_999), 'hex')]);
    expect([read(fill), read(segments)]).toEqual([NO_PICTURE, NO_PICTURE]);
  });
});
