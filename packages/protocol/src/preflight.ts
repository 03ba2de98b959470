/** What is seen of a request when it is told whether it is a preflight. */
interface Seen {
  /** What a framework may take for the method. */
  readonly overrides: readonly unknown[];
  readonly hasOrigin: boolean;
  readonly hasRequestMethod: boolean;
}

/**
 * Whether a browser asks what a page may ask (Fetch standard, CORS-preflight fetch): `OPTIONS` with `Origin` and `Access-Control-Request-Method`. With
 * an override beside it, it may be another method.
 */
export const isPreflight = (method: string, { overrides, hasOrigin, hasRequestMethod }: Seen): boolean =>
  method === 'OPTIONS' && hasOrigin && hasRequestMethod && overrides.length === 0;
