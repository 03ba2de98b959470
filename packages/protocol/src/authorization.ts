/** Reads the `Authorization` header (RFC 9110 §11.6.2). It says what was presented, never whether it is valid. */

export type Authorization =
  | { kind: 'none' }
  | { kind: 'bearer'; credential: string }
  | { kind: 'basic'; value: string }
  | { kind: 'dpop'; credential: string }
  | { kind: 'malformed' }
  | { kind: 'repeated' };

/**
 * A scheme, one or more spaces, one value. Wider than token68 (RFC 9110 §11.2), because the bar of a personal access token is not
 * a token68 character: any visible ASCII. Spaces are outside the value, so a list joined by commas is malformed.
 */
const CREDENTIALS = /^([A-Za-z]+) +([!-~]+)$/;

/**
 * Searches a flat list of names and values as Node's `rawHeaders` has it. Not `headers`: there Node keeps the first of two
 * `Authorization` headers and drops the second silently, and two credentials at once are a 400.
 */
export function readAuthorization(rawHeaders: readonly string[]): Authorization {
  let value: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!isAuthorization(rawHeaders[index] ?? '')) continue;
    if (value !== undefined) return { kind: 'repeated' };
    value = rawHeaders[index + 1] ?? '';
  }
  return value === undefined ? { kind: 'none' } : readValue(value);
}

function isAuthorization(name: string): boolean {
  return name.length === 13 && name.toLowerCase() === 'authorization';
}

function readValue(header: string): Authorization {
  const [, scheme, value] = CREDENTIALS.exec(header) ?? [];
  if (scheme === undefined || value === undefined) return { kind: 'malformed' };
  // Schemes are case-insensitive: RFC 9110 §11.1.
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { kind: 'bearer', credential: value };
    case 'basic':
      return { kind: 'basic', value };
    case 'dpop':
      return { kind: 'dpop', credential: value };
    default:
      return { kind: 'malformed' };
  }
}
