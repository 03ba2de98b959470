/** An error that one process reports and another one throws: with what `cli/failure.ts` reads in it. */

export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Such as the code and the port of an address that is in use. */
  readonly details: Readonly<Record<string, string | number>>;
}

const DETAILS = ['code', 'port', 'address', 'path', 'syscall'];

export function sendable(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: '', details: {} };
  const details = DETAILS.flatMap((name) => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [];
  });
  return { name: error.name, message: error.message, stack: error.stack ?? '', details: Object.fromEntries(details) };
}

export function errorFrom({ name, message, stack, details }: SentError): Error {
  return Object.assign(new Error(message), { name, stack, ...details });
}
