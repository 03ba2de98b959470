/**
 * Several statements in one round trip and one transaction. All are sent at once, and PostgreSQL commits when it reaches the
 * `Sync` behind the last one (its protocol's pipelining). Each statement sees what was committed before it began, so one may rely
 * on the locks that those before it have taken, as in a transaction of several round trips. If one fails, nothing is written.
 */
import type { Duplex } from 'node:stream';
import type { ClientBase, Connection, Submittable } from 'pg';
import type { Answer } from '../prepared.ts';

export interface TripStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** The name under which the connection keeps it parsed; null: it is parsed each time. */
  readonly name: string | null;
}

export type TripAnswer = Answer<Readonly<Record<string, unknown>>>;

/**
 * Resolves when all of them are committed. If the connection breaks before that is certain, it rejects, whatever was answered
 * until then.
 */
export const sendTogether = (client: ClientBase, statements: readonly TripStatement[]): Promise<readonly TripAnswer[]> =>
  new Promise((resolve, reject) => {
    const settle = (error: Error | null, answers: readonly TripAnswer[] = []): void =>
      error === null ? resolve(answers) : reject(error);
    client.query(new OneTrip(client, statements, settle));
  });

/** What `pg` has on a connection, beyond what its types say. */
interface Wire {
  readonly stream: Duplex;
  /** The texts of the statements that the connection has under a name; shared with the queries of `pg` itself. */
  readonly parsedStatements: Record<string, string>;
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(portal: { readonly statement: string; readonly values: readonly WireValue[] }): void;
  describe(what: { readonly type: 'P'; readonly name: '' }): void;
  execute(portal: { readonly portal: '' }): void;
  sync(): void;
  on(event: 'parseComplete', listener: () => void): void;
  off(event: 'parseComplete', listener: () => void): void;
}

type WireValue = string | Buffer | null;

interface Sendable extends Omit<TripStatement, 'values'> {
  readonly values: readonly WireValue[];
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/** `pg` calls the methods that begin with `handle`, for each message that it receives. */
class OneTrip implements Submittable {
  /** `pg` puts its own around it, which ends its time-out. */
  callback: (error: Error | null, answers?: readonly TripAnswer[]) => void;
  readonly #client: ClientBase;
  readonly #statements: readonly Sendable[];
  readonly #answers: TripAnswer[] = [];
  /** Sent to be parsed, and not confirmed yet. */
  readonly #unconfirmed: Pick<TripStatement, 'name' | 'text'>[] = [];
  #stopListening: () => void = () => {};
  #columns: readonly Column[] = [];
  #rows: Readonly<Record<string, unknown>>[] = [];
  #badRow: Error | null = null;

  constructor(client: ClientBase, statements: readonly TripStatement[], callback: OneTrip['callback']) {
    this.#client = client;
    // What cannot be sent is found before anything is.
    this.#statements = statements.map((statement) => ({ ...statement, values: statement.values.map(toWire) }));
    this.callback = callback;
  }

  /** For `npm run dev -- --sql`. */
  get texts(): readonly string[] {
    return this.#statements.map(({ text }) => text);
  }

  submit(connection: Connection): null {
    const wire = connection as unknown as Wire;
    // One packet, or as few as possible.
    wire.stream.cork();
    try {
      for (const statement of this.#statements) this.#send(wire, statement);
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    if (this.#unconfirmed.length > 0) this.#listen(wire);
    return null;
  }

  #send(wire: Wire, { name, text, values }: Sendable): void {
    const isSent = this.#unconfirmed.some((statement) => statement.name === name);
    if (name === null || (wire.parsedStatements[name] === undefined && !isSent)) {
      wire.parse({ name: name ?? '', text });
      this.#unconfirmed.push({ name, text });
    }
    wire.bind({ statement: name ?? '', values });
    wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '' });
  }

  /** If one fails, those before it are parsed all the same, and must not be sent again under the same name. */
  #listen(wire: Wire): void {
    const confirm = (): void => {
      const parsed = this.#unconfirmed.shift();
      if (parsed !== undefined && parsed.name !== null) wire.parsedStatements[parsed.name] = parsed.text;
    };
    wire.on('parseComplete', confirm);
    this.#stopListening = () => wire.off('parseComplete', confirm);
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name, parse: this.#client.getTypeParser(dataTypeID, 'text') }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    try {
      this.#rows.push(
        Object.fromEntries(
          this.#columns.map(({ name, parse }, index) => {
            const text = fields[index] ?? null;
            return [name, text === null ? null : parse(text)];
          }),
        ),
      );
    } catch (error) {
      this.#badRow = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    // `INSERT 0 1`, `UPDATE 1`, `SELECT 1`
    this.#answers.push({ rows: this.#rows, affected: Number(text.slice(text.lastIndexOf(' ') + 1)) || 0 });
    this.#rows = [];
    this.#columns = [];
  }

  /** Only now it is committed: the answers come before. */
  handleReadyForQuery(): void {
    this.#stopListening();
    if (this.#badRow === null) this.callback(null, this.#answers);
    else this.callback(this.#badRow);
  }

  handleError(error: Error): void {
    this.#stopListening();
    this.callback(error);
  }
}

function toWire(value: unknown): WireValue {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw new TypeError(`A statement that is sent with others has a value of type ${typeof value}.`);
}
