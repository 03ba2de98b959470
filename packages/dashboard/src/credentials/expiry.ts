/** When a credential expires: the presets, a date in the reader's zone, or never. */

export const EXPIRY_CHOICES = ['never', '7', '30', '90', '365', 'date'] as const;
export type ExpiryChoice = (typeof EXPIRY_CHOICES)[number];

export const isExpiryChoice = (text: string): text is ExpiryChoice => (EXPIRY_CHOICES as readonly string[]).includes(text);

/**
 * RFC 3339, UTC, whole seconds; null for never. `date` is `YYYY-MM-DD` and counts to the end of that day in the reader's zone.
 * Undefined: a date was chosen, but not a valid one.
 */
export function expiresAt(choice: ExpiryChoice, date: string, now: Date): string | null | undefined {
  if (choice === 'never') return null;
  if (choice === 'date') return endOfDay(date);
  return seconds(new Date(now.getTime() + Number(choice) * 86_400_000));
}

/** `YYYY-MM-DD` of a moment in the reader's zone: the earliest day that may be chosen. */
export function dayOf(moment: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

function endOfDay(date: string): string | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? [];
  if (year === undefined) return undefined;
  // A 31st of February, or a 13th month, would also give a date: a different one.
  if (dayOf(new Date(Number(year), Number(month) - 1, Number(day))) !== date) return undefined;
  return seconds(new Date(Number(year), Number(month) - 1, Number(day) + 1));
}

const seconds = (moment: Date): string => `${moment.toISOString().slice(0, 19)}Z`;
