/**
 * The locale for dates and numbers: the pages' own language, which is English, in the format of the reader's region. A sentence
 * is never half in another language. What a browser reports may be anything: Chromium says `en-US@posix` where no locale is set,
 * and `Intl` throws at that.
 */
export function pageLocale(languages: readonly unknown[]): string {
  for (const language of languages) {
    const region = regionOf(language);
    if (region !== null) return `en-${region}`;
  }
  return 'en';
}

/** ISO 3166: the one that a tag names, or the likeliest for its language. Null for a tag that is not well-formed (RFC 5646). */
function regionOf(language: unknown): string | null {
  if (typeof language !== 'string') return null;
  try {
    return new Intl.Locale(language).maximize().region ?? null;
  } catch {
    return null;
  }
}
