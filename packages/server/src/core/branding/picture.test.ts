import { describe, expect, it } from 'vitest';
import { png } from '../../../test/pictures.ts';
import { readPicture } from './picture.ts';

const bytes = (...hex: readonly string[]): Buffer => Buffer.from(hex.join(''), 'hex');
const u16 = (value: number): string => value.toString(16).padStart(4, '0');

/** SOI, then segments. */
const jpeg = (...segments: readonly string[]): Buffer => bytes('ffd8', ...segments);
const APP0 = 'ffe00010'.padEnd(36, '0');
const TABLE = 'ffdb0006aabbccdd';
const frame = (marker: string, width: number, height: number): string => `${marker}000b08${u16(height)}${u16(width)}01011100`;

/** RIFF, with a first chunk whose data begin as given. */
const webp = (fourcc: string, data: string): Buffer =>
  Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), Buffer.from(fourcc), Buffer.alloc(4), bytes(data.padEnd(40, '0'))]);

describe('the size of a picture', () => {
  it('is that of the PNG header', () => {
    expect(readPicture(png(640, 480))).toEqual({ type: 'image/png', width: 640, height: 480 });
    expect(readPicture(png(1, 70_000))).toMatchObject({ height: 70_000 });
  });

  it('is that of the JPEG frame, behind tables, application data and fill bytes', () => {
    expect(readPicture(jpeg(APP0, TABLE, 'ffff', frame('ffc0', 640, 480)))).toEqual({
      type: 'image/jpeg',
      width: 640,
      height: 480,
    });
    expect(readPicture(jpeg(APP0, frame('ffc2', 3, 2)))).toMatchObject({ width: 3, height: 2 });
    // DHT lies among the frame markers, and is none.
    expect(readPicture(jpeg(frame('ffc4', 999, 999), frame('ffc0', 3, 2)))).toMatchObject({ width: 3, height: 2 });
  });

  it('is that of a lossy, a lossless and an extended WebP', () => {
    const sizes = [webp('VP8 ', '0000009d012a8002e001'), webp('VP8L', '2f7fc27700'), webp('VP8X', '000000007f0200df0100')].map(
      readPicture,
    );
    expect(sizes).toEqual(Array(3).fill({ type: 'image/webp', width: 640, height: 480 }));
  });
});

describe('what is no picture', () => {
  it('is another type, or a header that is cut, however short', () => {
    const whole = [png(640, 480).subarray(0, 33), jpeg(APP0, frame('ffc0', 640, 480)), webp('VP8X', '000000007f0200df0100')];
    for (const picture of whole) {
      expect(readPicture(picture)).not.toBeNull();
      // The frame header of a JPEG is known before its components, which come last.
      const needed = picture[0] === 0xff ? picture.length - 4 : picture.length === 33 ? 33 : 30;
      for (let length = 0; length < needed; length++) expect(readPicture(picture.subarray(0, length)), `${length}`).toBeNull();
    }
    for (const text of ['', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'GIF89a', 'RIFF0000WAVE'])
      expect(readPicture(Buffer.from(text.padEnd(64, ' ')))).toBeNull();
  });

  it('is one without a pixel, one that does not begin with its size, and a JPEG whose scan comes first', () => {
    expect([readPicture(png(0, 5)), readPicture(png(5, 0)), readPicture(jpeg(frame('ffc0', 0, 5)))]).toEqual([null, null, null]);
    const other = png(640, 480);
    other.write('IDAT', 12, 'latin1');
    expect(readPicture(other)).toBeNull();
    const afterScan = jpeg('ffda0008aabbccddeeff', frame('ffc0', 640, 480));
    expect([readPicture(afterScan), readPicture(jpeg('ffd9', frame('ffc0', 3, 2)))]).toEqual([null, null]);
    expect(readPicture(webp('ALPH', '00'))).toBeNull();
  });

  it('never keeps a server busy: a segment without a length does not go round in a circle', () => {
    expect(readPicture(jpeg('ffe00000'.repeat(50)))).toBeNull();
    expect(readPicture(jpeg('ff'.repeat(1 << 20)))).toBeNull();
  });
});
