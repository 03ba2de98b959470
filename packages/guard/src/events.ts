/** Server-sent events (HTML Living Standard §9.2.6) out of an answer, as Keyhouse sends them: bytes of data lines, comments passed over. */
import { IssuerFault } from './ask.ts';

export interface ServerEvent {
  /** The lines of `data`, as bytes: they are signed as they came. */
  readonly data: readonly Uint8Array[];
}

const LF = 0x0a;
const DATA = new TextEncoder().encode('data: ');

/** Ends with the answer. Throws when one event is longer than `most` bytes. */
export async function* readEvents(response: Response, most: number): AsyncGenerator<ServerEvent> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let parts: Uint8Array[] = [];
  let data: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.length;
      if (length > most) throw new IssuerFault(`An event of more than ${most} bytes.`, null);
      let start = 0;
      for (let end = value.indexOf(LF); end >= 0; end = value.indexOf(LF, start)) {
        const line = joined([...parts, value.subarray(start, end)]);
        parts = [];
        start = end + 1;
        if (line.length > 0) {
          if (startsWith(line, DATA)) data.push(line.subarray(DATA.length));
          continue;
        }
        if (data.length > 0) yield { data };
        data = [];
        length = value.length - start;
      }
      // Copied: the runtime may use the chunk again.
      if (start < value.length) parts.push(value.slice(start));
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first.slice();
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const startsWith = (line: Uint8Array, prefix: Uint8Array): boolean =>
  line.length >= prefix.length && prefix.every((byte, index) => line[index] === byte);
