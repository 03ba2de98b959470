/** CSV (RFC 4180) that is safe to open in a spreadsheet, whatever separator the spreadsheet uses. */

/** What spreadsheets take for the beginning of a formula. */
const FORMULA_SIGNS = new Set('=+-@\uff0b\uff0d\uff1d\uff20');
/** In many countries spreadsheets separate cells at a semicolon or a tab; our quotes do not protect a cell there. */
const SEPARATORS = new Set(';|\t\r\n');
/** May come before the sign of a formula; it is still a formula. */
const PREFIXES = new Set(' \u00a0"\'');

/**
 * One record with its line end. Text that would be run as a formula gets an apostrophe before the sign, which shows it as text.
 */
export const csvRecord = (cells: readonly (string | number | null)[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/**
 * A value as JSON for a cell. A sign that would begin a formula becomes a JSON escape, so that a program still reads the same
 * value.
 */
export const csvJson = (value: unknown): string =>
  withoutFormulas(JSON.stringify(value), (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

function csvCell(cell: string | number | null): string {
  if (cell === null) return '';
  const text = typeof cell === 'string' ? withoutFormulas(cell, (sign) => `'${sign}`) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function withoutFormulas(text: string, written: (sign: string) => string): string {
  let isStart = true;
  let safe = '';
  for (const character of text) {
    safe += isStart && FORMULA_SIGNS.has(character) ? written(character) : character;
    isStart = SEPARATORS.has(character) || (isStart && PREFIXES.has(character));
  }
  return safe;
}
