/** Files to import from, as rows in batches: CSV (RFC 4180, with a header) as a stream, JSON as a whole. */
import { pipeline, Readable } from 'node:stream';
import type { Info } from 'csv-parse';
import { findDelimiter } from './delimiter.ts';
import { ImportError } from './import-error.ts';
import { entriesOf, isPage, whyIncomplete } from './pages.ts';
import type { SourceRow } from './run.ts';
import { readText, wholeText } from './text.ts';

const BATCH = 500;
/** Characters; a megabyte in a cell is judged, anything longer ends the run: it is not clear where such a row ends. */
const LONGEST_RECORD = 4_000_000;
const WORDS: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };

interface Columns {
  /** Columns that must be there. */
  readonly required: readonly string[];
  /** The column whose cells are the rows' `id`. */
  readonly key?: string;
  /** When given: any other column is a mistake. */
  readonly known?: readonly string[];
}

/**
 * `-` is standard input. Cells are separated by commas, semicolons or tabs, as the header shows. A row that cannot be read is a
 * row with a fault.
 * @throws ImportError for a header that is not acceptable.
 */
export async function* csvRows(path: string, columns: Columns): AsyncGenerator<readonly SourceRow[]> {
  const { parse } = await import('csv-parse');
  const faults: SourceRow[] = [];
  const { delimiter, text, skippedLines } = await findDelimiter(readText(path), namesOf(columns));
  const parser = parse({
    info: true,
    delimiter,
    // As MySQL, phpMyAdmin and others write a missing value; within quotation marks it is a text.
    cast: (cell, { quoting }) => (!quoting && (cell === 'NULL' || cell === '\\N') ? '' : cell),
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    // A quotation mark within a cell that does not begin with one is an ordinary character.
    relax_quotes: true,
    max_record_size: LONGEST_RECORD,
  });
  parser.on('skip', (error?: { readonly code?: string; readonly lines?: number }) => {
    if (error?.code === 'CSV_MAX_RECORD_SIZE') parser.destroy(tooLong(path));
    const line = error?.lines === undefined ? '?' : error.lines + skippedLines;
    faults.push({ at: `line ${line}`, cells: null, fault: 'Its quotation marks are not valid CSV.' });
  });
  pipeline(Readable.from(text), parser, () => {});
  let header: readonly string[] | null = null;
  let batch: SourceRow[] = [];
  for await (const { record, info } of parser as AsyncIterable<{ record: readonly string[]; info: Info }>) {
    if (header === null) {
      header = readHeader(path, record, columns, delimiter);
      continue;
    }
    batch.push(toRow(header, record, info.lines + skippedLines));
    if (batch.length + faults.length < BATCH) continue;
    yield [...batch, ...faults.splice(0)];
    batch = [];
  }
  if (header === null) throw new ImportError('invalid', `${path}: the file has no header.`);
  for (const rest = [...batch, ...faults]; rest.length > 0; ) yield rest.splice(0, BATCH);
}

/** The required columns by the names of the file. */
const namesOf = ({ required, key = 'id' }: Columns): readonly string[] =>
  required.map((column) => (column === 'id' ? key : column));

/** None of its columns is shown: a file without a header would show its first row. */
function readHeader(path: string, record: readonly string[], columns: Columns, delimiter: string): readonly string[] {
  const { required, known, key = 'id' } = columns;
  // If the key has another name, a column `id` is not the key.
  const rename = (column: string): string => (column === key ? 'id' : column === 'id' ? 'id (not the key)' : column);
  const header = record.map((column) => rename(column.trim()));
  const lacking = namesOf({ required: required.filter((column) => !header.includes(column)), key });
  if (lacking.length > 0) {
    const between = record.length === 1 ? '' : ` between ${WORDS[delimiter] ?? delimiter}`;
    throw new ImportError(
      'invalid',
      `${path}: the header does not have ${lacking.join(', ')}. The first line has ${record.length} cells${between}.`,
    );
  }
  if (new Set(header).size !== header.length) throw new ImportError('invalid', `${path}: a column occurs twice in the header.`);
  const strange = known === undefined ? [] : header.filter((column) => !known.includes(column));
  if (known !== undefined && strange.length > 0)
    throw new ImportError(
      'invalid',
      `${path}: the header has an unknown column: ${strange.join(', ').slice(0, 200)}. Known columns are ${known.join(', ')}.`,
    );
  return header;
}

function toRow(header: readonly string[], record: readonly string[], line: number): SourceRow {
  const at = `line ${line}`;
  if (record.length !== header.length) return { at, cells: null, fault: `It has ${record.length} cells, not ${header.length}.` };
  return { at, cells: Object.fromEntries(header.map((column, index) => [column, record[index] ?? ''])) };
}

/**
 * A list of objects, also as a page such as `{"data":[…]}` or `{"keys":[…]}`, or several, or an object or a page per line.
 * @throws ImportError if a page says that it is not the last one.
 */
export async function* jsonRows(path: string): AsyncGenerator<readonly SourceRow[]> {
  const entries = readEntries(path, await wholeText(path));
  for (let start = 0; start < entries.length; start += BATCH) yield entries.slice(start, start + BATCH);
}

/** JSON if it begins like JSON, else CSV. */
export async function looksLikeJson(path: string): Promise<boolean> {
  for await (const chunk of readText(path)) {
    const [first] = chunk.trimStart();
    if (first !== undefined) return first === '[' || first === '{';
  }
  return false;
}

function readEntries(path: string, text: string): readonly SourceRow[] {
  const whole = tryJson(text);
  if (whole !== undefined) return listOf(path, whole).map((entry, index) => toEntry(`entry ${index + 1}`, entry));
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), at: `line ${index + 1}` }));
  const entries = lines.filter(({ line }) => line !== '').map(({ line, at }) => ({ at, entry: tryJson(line) }));
  const [first] = entries;
  if (first?.entry === undefined) throw new ImportError('invalid', `${path}: this is not JSON.`);
  if (!isPage(first.entry)) return entries.map(({ at, entry }) => toEntry(at, entry));
  // A page per line, as a loop over an API writes them.
  const broken = entries.find(({ entry }) => !isPage(entry));
  if (broken !== undefined)
    throw new ImportError('invalid', `${path}, ${broken.at}: this is not a page of a list, but the first line is.`);
  return listOf(
    path,
    entries.map(({ entry }) => entry),
  ).map((entry, index) => toEntry(`entry ${index + 1}`, entry));
}

/** The entries of a list, or of the pages of one. */
function listOf(path: string, whole: unknown): readonly unknown[] {
  const pages = isPage(whole) ? [whole] : Array.isArray(whole) && whole.length > 0 && whole.every(isPage) ? whole : null;
  if (pages === null) {
    if (isRecord(whole)) return [whole];
    if (!Array.isArray(whole)) throw new ImportError('invalid', `${path}: this JSON has no list of keys.`);
    return whole;
  }
  const list = pages.flatMap(entriesOf);
  const last = pages.at(-1);
  const why = last === undefined ? null : whyIncomplete(last, list.length);
  if (why !== null)
    throw new ImportError(
      'incomplete',
      `${path}: the list is not complete, because ${why}. Fetch all pages and put them into one file in their order, one page per line.`,
    );
  return list;
}

const toEntry = (at: string, entry: unknown): SourceRow =>
  isRecord(entry) ? { at, cells: entry } : { at, cells: null, fault: 'It is not a JSON object.' };

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const tooLong = (path: string) => new ImportError('invalid', `${path}: a row has more than ${LONGEST_RECORD} characters.`);

/** One line with a value that must not be on the command line. */
export async function readLine(path: string): Promise<string> {
  const text = await wholeText(path);
  return text.split('\n', 1)[0]?.trim() ?? '';
}
