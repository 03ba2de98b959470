/**
 * Headers that a framework may take for the method. Programs behind CGI, WSGI, Rack and PHP cannot tell `X_HTTP_Method` from
 * `X-HTTP-Method`, nor any other character that is neither a letter nor a digit: every spelling counts as an override.
 */
const OVERRIDES: ReadonlySet<string> = new Set(['x-http-method-override', 'x-http-method', 'x-method-override']);
const LENGTHS: ReadonlySet<number> = new Set([...OVERRIDES].map(({ length }) => length));

/** The proper name of the override that a header is; null if it is not one. */
export function overrideNamed(name: string): string | null {
  // Most names are excluded by their length: this runs for every request.
  if (!LENGTHS.has(name.length)) return null;
  const folded = name.toLowerCase().replace(/[^a-z0-9]/g, '-');
  return OVERRIDES.has(folded) ? folded : null;
}
