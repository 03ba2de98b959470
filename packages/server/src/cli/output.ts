/** How results are printed: one JSON value for programs, aligned columns and readable dates for people. */

export interface OutputOptions {
  readonly json?: boolean;
}

/** With `--json` only the object; otherwise the text. Results go to standard output, everything else to standard error. */
export function print({ json }: OutputOptions, value: Readonly<Record<string, unknown>>, text: () => string): void {
  process.stdout.write(json === true ? `${JSON.stringify(value)}\n` : `${text()}\n`);
}

/** Printed in addition to a result: it never mixes with what a program reads. */
export function note({ json }: OutputOptions, message: string): void {
  process.stderr.write(json === true ? `${JSON.stringify({ warning: message })}\n` : `${message}\n`);
}

type Cell = string | number;

/** Columns under their headings; numbers are aligned right. `empty` is printed for an empty list. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], empty: string): string {
  if (rows.length === 0) return empty;
  const texts = rows.map((row) => row.map((cell) => printable(String(cell))));
  const widths = headings.map((heading, column) => Math.max(widthOf(heading), ...texts.map((row) => widthOf(row[column] ?? ''))));
  const isNumber = headings.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0, isNumber[column] === true))
      .join('  ')
      .trimEnd();
  return [line(headings.map((heading) => heading.toUpperCase())), ...texts.map(line)].join('\n');
}

/** Names and their values, one per line. */
export function facts(pairs: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(...pairs.map(([name]) => widthOf(name)));
  return pairs.map(([name, value]) => `  ${pad(name, width, false)}  ${printable(String(value))}`).join('\n');
}

/** RFC 3339, for programs; null stays null. */
export const isoTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** `2026-11-23 01:47 UTC`, for people. */
export const readableTime = (ms: number | null, whenNull = '-'): string =>
  ms === null ? whenNull : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** A list that may be absent, for people. */
export const readableList = (list: readonly string[] | null, whenNull: string): string => list?.join(', ') ?? whenNull;

/** What a stranger chose (a name, a user agent) must not control the terminal. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\u{fffd}');

const widthOf = (text: string): number => [...text].length;

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? space + text : text + space;
}
