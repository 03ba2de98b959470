/**
 * For how many seconds an old secret may still work. In total, extensions included, at most 7 days after the rotation; the server
 * enforces that, too.
 */
export const OVERLAPS = ['0', '3600', '86400', '259200', '604800'] as const;
/** As long as possible: the server ends it 7 days after the rotation. */
export const LONGEST_EXTENSION = '604800';

/** Only what still fits into the 7 days, and all that is left of them. */
export function extensionsOf(rotatedAt: string | null, nowMs: number): readonly (typeof OVERLAPS)[number][] {
  const latestMs = Date.parse(rotatedAt ?? '') + Number(LONGEST_EXTENSION) * 1000;
  const fitting = OVERLAPS.filter((value) => Number(value) > 0 && nowMs + Number(value) * 1000 < latestMs);
  return [...fitting, LONGEST_EXTENSION];
}
