/**
 * Requests whose body comes slowly, and a store that reports its calls: for attacks between the judging of a request and its act.
 */
import { connect } from 'node:net';
import { acts } from '../src/store/acts.ts';
import type { OpenedStore } from '../src/store/opened.ts';

export interface SlowAnswer {
  readonly status: number;
  readonly headers: string;
  /** As it came, including chunk sizes. */
  readonly body: string;
}

/**
 * A head and the beginning of a body; the connection stays open. `answered` settles with the head of the answer, or rejects when
 * the connection ends.
 */
export function openSlowly(port: number, text: string) {
  const socket = connect({ port, host: '127.0.0.1' });
  let received = '';
  const answered = new Promise<SlowAnswer>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1];
      if (end >= 0 && status !== undefined)
        resolve({ status: Number(status), headers: received.slice(0, end), body: received.slice(end + 4) });
    });
    socket.on('close', () => reject(new Error(`The connection ended: ${received}`)));
    socket.on('error', reject);
  });
  // A test that awaits it gets the error; others need not.
  answered.catch(() => {});
  socket.write(text);
  return { answered, send: (rest: string) => void socket.write(rest), close: () => void socket.destroy() };
}

/** One chunk of a body whose length is not known (RFC 9112 §7.1). */
export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
export const LAST_CHUNK = '0\r\n\r\n';

type Method = (...args: unknown[]) => unknown;

/**
 * The store unchanged, with listeners: `before` is awaited before each act, `after` is called after each of these reads. Nothing
 * of what the store does is replaced.
 */
export function listenTo(
  store: OpenedStore,
  {
    before,
    after,
    reads,
  }: {
    readonly before: (input: unknown) => Promise<void>;
    readonly after: (read: string) => void;
    readonly reads: readonly string[];
  },
): OpenedStore {
  const listened = (name: string, method: Method): Method => {
    if (name in acts)
      return async (input) => {
        await before(input);
        return await method(input);
      };
    if (!reads.includes(name)) return method;
    return async (...args) => {
      const found = await method(...args);
      after(name);
      return found;
    };
  };
  const room = (methods: object): object =>
    Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [
        name,
        typeof method === 'function' ? listened(name, method as Method) : method,
      ]),
    );
  const entries = Object.entries(store).map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null && name !== 'limiter' && !Array.isArray(value) ? room(value) : value,
  ]);
  return Object.fromEntries(entries) as OpenedStore;
}
