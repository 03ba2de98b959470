/** Files to import from, as rows in batches: CSV (RFC 4180, with a header) as it streams by, JSON as a whole. UTF-8, with or without a mark. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import type { Info } from 'csv-parse';
import type { SourceRow } from '../core/credentials/import.ts';
import { refusal } from './failure.ts';

const BATCH = 500;
/** Characters; a megabyte in a cell is judged, what is longer ends the run: nobody can say where such a row ends. */
const LONGEST_RECORD = 4_000_000;

interface Columns {
  /** Columns that must be there. */
  readonly required: readonly string[];
  /** When given: any other column is a mistake. */
  readonly known?: readonly string[];
}

/** `-` is standard input. A row that cannot be read is a row with a fault. @throws CommandFailure for a header that will not do. */
export async function* csvRows(path: string, columns: Columns): AsyncGenerator<readonly SourceRow[]> {
  const { parse } = await import('csv-parse');
  const faults: SourceRow[] = [];
  const parser = parse({
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    // A quotation mark within a cell that does not begin with one is a mere sign.
    relax_quotes: true,
    max_record_size: LONGEST_RECORD,
  });
  parser.on('skip', (error?: { readonly code?: string; readonly lines?: number }) => {
    if (error?.code === 'CSV_MAX_RECORD_SIZE') parser.destroy(tooLong(path));
    faults.push({ at: `line ${error?.lines ?? '?'}`, cells: null, fault: 'Its quotation marks are not as CSV has them.' });
  });
  pipeline(Readable.from(utf8(path)), parser, () => {});
  let header: readonly string[] | null = null;
  let batch: SourceRow[] = [];
  for await (const { record, info } of parser as AsyncIterable<{ record: readonly string[]; info: Info }>) {
    if (header === null) {
      header = readHeader(path, record, columns);
      continue;
    }
    batch.push(toRow(header, record, info.lines));
    if (batch.length + faults.length < BATCH) continue;
    yield [...batch, ...faults.splice(0)];
    batch = [];
  }
  if (header === null) throw refusal('invalid', `${path}: the file has no header.`);
  for (const rest = [...batch, ...faults]; rest.length > 0; ) yield rest.splice(0, BATCH);
}

function readHeader(path: string, record: readonly string[], { required, known }: Columns): readonly string[] {
  const header = record.map((column) => column.trim());
  const lacking = required.filter((column) => !header.includes(column));
  if (lacking.length > 0) throw refusal('invalid', `${path}: the header lacks ${lacking.join(', ')}.`);
  if (new Set(header).size !== header.length) throw refusal('invalid', `${path}: a column stands twice in the header.`);
  if (known !== undefined && header.some((column) => !known.includes(column)))
    throw refusal('invalid', `${path}: the header has a column that is not known. Known are ${known.join(', ')}.`);
  return header;
}

function toRow(header: readonly string[], record: readonly string[], line: number): SourceRow {
  const at = `line ${line}`;
  if (record.length !== header.length) return { at, cells: null, fault: `It has ${record.length} cells, not ${header.length}.` };
  return { at, cells: Object.fromEntries(header.map((column, index) => [column, record[index] ?? ''])) };
}

/** A list of objects, also as `{"data":[…]}` or `{"keys":[…]}`, or an object a line. */
export async function* jsonRows(path: string): AsyncGenerator<readonly SourceRow[]> {
  const entries = readEntries(path, await wholeText(path));
  for (let start = 0; start < entries.length; start += BATCH) yield entries.slice(start, start + BATCH);
}

/** JSON when it begins like it, else CSV. */
export async function looksLikeJson(path: string): Promise<boolean> {
  for await (const chunk of utf8(path)) {
    const [first] = chunk.trimStart();
    if (first !== undefined) return first === '[' || first === '{';
  }
  return false;
}

function readEntries(path: string, text: string): readonly SourceRow[] {
  const whole = tryJson(text);
  if (whole !== undefined) {
    const list = isRecord(whole) ? (whole.data ?? whole.keys ?? whole.apikey ?? [whole]) : whole;
    if (!Array.isArray(list)) throw refusal('invalid', `${path}: this JSON has no list of keys.`);
    return list.map((entry: unknown, index) => toEntry(`entry ${index + 1}`, entry));
  }
  const lines = text.split('\n');
  const entries = lines.map((line, index) => ({ line: line.trim(), at: `line ${index + 1}` })).filter(({ line }) => line !== '');
  const [first] = entries;
  if (first === undefined || tryJson(first.line) === undefined) throw refusal('invalid', `${path}: this is no JSON.`);
  return entries.map(({ line, at }) => toEntry(at, tryJson(line)));
}

const toEntry = (at: string, entry: unknown): SourceRow =>
  isRecord(entry) ? { at, cells: entry } : { at, cells: null, fault: 'It is no JSON object.' };

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function wholeText(path: string): Promise<string> {
  let text = '';
  for await (const chunk of utf8(path)) text += chunk;
  return text;
}

/** A byte-order mark at the beginning is left out. */
async function* utf8(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of path === '-' ? process.stdin : createReadStream(path))
      yield decoder.decode(chunk as Buffer, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw refusal('invalid', `${path}: the file is not UTF-8.`);
    throw error;
  }
}

const tooLong = (path: string) => refusal('invalid', `${path}: a row has more than ${LONGEST_RECORD} characters.`);

/** One line that holds what may not stand on the command line. */
export async function readLine(path: string): Promise<string> {
  const text = path === '-' ? await wholeText(path) : await readFile(path, 'utf8');
  return text.split('\n', 1)[0]?.trim() ?? '';
}
