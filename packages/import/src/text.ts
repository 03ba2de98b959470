/** The text of a file or of standard input (`-`): UTF-8, or UTF-16 if its first bytes say so. A byte-order mark is left out. */
import { createReadStream } from 'node:fs';
import { ImportError } from './import-error.ts';

/** @throws ImportError for bytes that are not text. */
export async function* readText(path: string): AsyncGenerator<string> {
  let decoder: Decoder | null = null;
  let beginning = Buffer.alloc(0);
  const decode = (bytes: Buffer | undefined): string => {
    try {
      return bytes === undefined ? (decoder?.decode() ?? '') : (decoder?.decode(bytes, { stream: true }) ?? '');
    } catch (error) {
      if (error instanceof TypeError)
        throw new ImportError(
          'invalid',
          `${path}: the file is not UTF-8. Save it as UTF-8, or as UTF-16 with a byte-order mark.`,
        );
      throw error;
    }
  };
  for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
    if (decoder !== null) {
      yield decode(chunk as Buffer);
      continue;
    }
    beginning = Buffer.concat([beginning, chunk as Buffer]);
    if (beginning.length < LONGEST_MARK) continue;
    decoder = decoderFor(path, beginning);
    yield decode(beginning);
  }
  if (decoder === null) {
    decoder = decoderFor(path, beginning);
    yield decode(beginning);
  }
  yield decode(undefined);
}

type Decoder = InstanceType<typeof TextDecoder>;

/** Encoding standard: that of UTF-8 has three bytes. Four tell UTF-16 without one, whose ASCII has a NUL in every pair. */
const LONGEST_MARK = 4;

function decoderFor(path: string, beginning: Buffer): Decoder {
  const [first, second] = beginning;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  if (encoding === 'utf-8' && beginning.subarray(0, LONGEST_MARK).includes(0))
    throw new ImportError('invalid', `${path}: this is UTF-16 without a byte-order mark, or not text. Save it as UTF-8.`);
  return new TextDecoder(encoding, { fatal: true });
}

export async function wholeText(path: string): Promise<string> {
  let text = '';
  for await (const chunk of readText(path)) text += chunk;
  return text;
}
