/**
 * The type of a raster picture and its size in pixels, from its header alone. Nothing is decoded, and the work is bounded by the
 * file's length.
 */

export type PictureType = 'image/png' | 'image/jpeg' | 'image/webp';

export interface Picture {
  readonly type: PictureType;
  /** In pixels, at least 1. */
  readonly width: number;
  readonly height: number;
}

type Size = Pick<Picture, 'width' | 'height'>;

/** Null if it is none of the three, or its header is incomplete. */
export function readPicture(bytes: Buffer): Picture | null {
  const type = typeOf(bytes);
  if (type === null) return null;
  const size = SIZES[type](bytes);
  return size === null || size.width < 1 || size.height < 1 ? null : { type, ...size };
}

const textAt = (bytes: Buffer, start: number, length: number): string => bytes.subarray(start, start + length).toString('latin1');

function typeOf(bytes: Buffer): PictureType | null {
  if (textAt(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (textAt(bytes, 0, 3) === '\xff\xd8\xff') return 'image/jpeg';
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP') return 'image/webp';
  return null;
}

const SIZES: Record<PictureType, (bytes: Buffer) => Size | null> = {
  'image/png': sizeOfPng,
  'image/jpeg': sizeOfJpeg,
  'image/webp': sizeOfWebp,
};

/** PNG (third edition) §11.2.1: the first chunk is IHDR. */
function sizeOfPng(bytes: Buffer): Size | null {
  if (bytes.length < 33 || textAt(bytes, 12, 4) !== 'IHDR') return null;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** ITU-T T.81 §B.2: segments, each with its length, up to the frame header. */
function sizeOfJpeg(bytes: Buffer): Size | null {
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1; // §B.1.1.2: fill bytes may precede a marker.
      continue;
    }
    if (isFrameHeader(marker)) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    const length = bytes.readUInt16BE(at + 2);
    if (!isTable(marker) || length < 2) return null;
    at += 2 + length;
  }
  return null;
}

/** SOF0 to SOF15, except DHT, JPG and DAC, which lie between them. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Before the frame header only tables, comments and application data may come, never a scan or the end. */
const isTable = (marker: number): boolean => marker === 0xc4 || marker === 0xcc || (marker >= 0xdb && marker <= 0xfe);

/** RFC 9649 §2.5 to §2.7: lossy, lossless, or an extended header with the size of the canvas. */
function sizeOfWebp(bytes: Buffer): Size | null {
  if (bytes.length < 30) return null;
  switch (textAt(bytes, 12, 4)) {
    case 'VP8 ':
      if (textAt(bytes, 23, 3) !== '\x9d\x01\x2a') return null;
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      if (bytes[20] !== 0x2f) return null;
      const sizes = bytes.readUInt32LE(21);
      return { width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return null;
  }
}
