/**
 * Server-sent events (HTML Living Standard §9.2.6) from an answer, as Keyhouse sends them: bytes of data lines, comments ignored.
 */
import { type Bounds, chunksOf, grown, IssuerFault } from './ask.ts';

export interface ServerEvent {
  /** The lines of `data`, as bytes: the signature is over exactly these. */
  readonly data: readonly Uint8Array[];
}

const LF = 0x0a;
const DATA = new TextEncoder().encode('data: ');
/** Ours have two. */
const MAX_LINES = 4;

/** Ends with the answer. Throws if one event is longer than `maxBytes`, or has more lines than any of ours. */
export async function* readEvents(response: Response, { maxBytes, path, signal }: Bounds): AsyncGenerator<ServerEvent> {
  // The part of a line that has not ended.
  let open = new Uint8Array();
  let held = 0;
  let data: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(response, { path, signal })) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      // Copied: the runtime may use the chunk again.
      const line = joined(open.subarray(0, held), chunk.subarray(start, end));
      open = new Uint8Array();
      held = 0;
      start = end + 1;
      length += line.length + 1;
      if (line.length > 0) {
        if (startsWith(line, DATA)) data.push(line.subarray(DATA.length));
        if (data.length > MAX_LINES) throw new IssuerFault(`${path}: an event has more than ${MAX_LINES} lines.`, null);
        continue;
      }
      if (data.length > 0) yield { data };
      data = [];
      length = 0;
    }
    const rest = chunk.subarray(start);
    if (length + held + rest.length > maxBytes) throw new IssuerFault(`${path}: an event has more than ${maxBytes} bytes.`, null);
    if (held + rest.length > open.length) open = grown(open, held, held + rest.length);
    open.set(rest, held);
    held += rest.length;
  }
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(before.length + after.length);
  bytes.set(before);
  bytes.set(after, before.length);
  return bytes;
}

const startsWith = (line: Uint8Array, prefix: Uint8Array): boolean =>
  line.length >= prefix.length && prefix.every((byte, index) => line[index] === byte);
