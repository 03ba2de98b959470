/**
 * The delimiter of a CSV file. RFC 4180 uses commas; spreadsheets in many countries write semicolons, and databases tabs. The
 * right one is the one with which the header has the required columns.
 */

const DELIMITERS = [',', ';', '\t', '|'] as const;
/** Characters; a longer first line is not a header. */
const LONGEST_HEADER = 100_000;
/** The line that Excel may write first, which names the delimiter. */
const NAMED = /^sep=([,;\t|])\r?\n?$/i;

export interface Delimited {
  readonly delimiter: string;
  /** The whole text, from the header on. */
  readonly text: AsyncIterable<string>;
  /** Lines before the header that are not part of the text. */
  readonly skippedLines: number;
}

export async function findDelimiter(source: AsyncIterable<string>, required: readonly string[]): Promise<Delimited> {
  const chunks = source[Symbol.asyncIterator]();
  let beginning = '';
  let isOver = false;
  const readLine = async (): Promise<string> => {
    for (;;) {
      const end = beginning.indexOf('\n');
      if (end !== -1 || isOver || beginning.length > LONGEST_HEADER) return end === -1 ? beginning : beginning.slice(0, end + 1);
      const next = await chunks.next();
      if (next.done === true) isOver = true;
      else beginning += next.value;
    }
  };
  let header = await readLine();
  const named = NAMED.exec(header)?.[1];
  if (named !== undefined) {
    beginning = beginning.slice(header.length);
    header = await readLine();
  }
  const columnsBy = (delimiter: string): readonly string[] =>
    header.split(delimiter).map((column) => column.trim().replace(/^"(.*)"$/, '$1'));
  const found = DELIMITERS.find((delimiter) => {
    const columns = columnsBy(delimiter);
    return required.every((column) => columns.includes(column));
  });
  // If none has them, the one that splits the header most gives the most readable message.
  const most = [...DELIMITERS].sort((one, other) => columnsBy(other).length - columnsBy(one).length)[0];
  async function* text(): AsyncGenerator<string> {
    yield beginning;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  return { delimiter: named ?? found ?? most ?? ',', text: text(), skippedLines: named === undefined ? 0 : 1 };
}
