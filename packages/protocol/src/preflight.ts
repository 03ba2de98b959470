/** The parts of a request that show whether it is a preflight. */
interface Seen {
  /** What a framework may take for the method. */
  readonly overrides: readonly unknown[];
  readonly hasOrigin: boolean;
  readonly hasRequestMethod: boolean;
}

/**
 * Whether a browser asks what a page may do (Fetch standard, CORS-preflight fetch): `OPTIONS` with `Origin` and
 * `Access-Control-Request-Method`. With a method override it may be another method.
 */
export const isPreflight = (method: string, { overrides, hasOrigin, hasRequestMethod }: Seen): boolean =>
  method === 'OPTIONS' && hasOrigin && hasRequestMethod && overrides.length === 0;
