/** RFC 3339 §5.6; a date alone means its first moment, UTC. Milliseconds; NaN for what is not a date. */
export function readDate(text: string): number {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined) return Number.NaN;
  // Date.parse lets the 31st of February pass as a day in March; that is never intended.
  const isReal = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return isReal ? Date.parse(text.toUpperCase()) : Number.NaN;
}

/** Date.parse would also accept the hour 24, which RFC 3339 does not have. */
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](?!24)\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;
