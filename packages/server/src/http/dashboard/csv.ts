/** CSV (RFC 4180) that is safe to open in a spreadsheet, whatever it takes for the sign that parts cells. */

/** What spreadsheets take for the beginning of a formula. */
const FORMULA_SIGNS = new Set('=+-@\uff0b\uff0d\uff1d\uff20');
/** In many countries a spreadsheet parts cells at a semicolon, or at a tab; then our quotes do not hold a cell together. */
const PARTING = new Set(';|\t\r\n');
/** May stand before the sign of a formula, which is one all the same. */
const AROUND = new Set(' \u00a0"\'');

/** One record with its line end. Text that would be run as a formula gets an apostrophe before the sign, which shows it as text. */
export const csvRecord = (cells: readonly (string | number | null)[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** A value as JSON for a cell. What would be run as a formula is written as an escape of JSON, so that a program still reads the same value. */
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
    isStart = PARTING.has(character) || (isStart && AROUND.has(character));
  }
  return safe;
}
