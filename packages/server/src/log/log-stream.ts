/**
 * Where the log goes. Lines wait here, in bounded memory, while the log cannot be written; a line that finds no room is dropped
 * and counted. When everything that waited is written, one line says how many were dropped. Whatever happens to the log does not
 * affect the server.
 */
import type { Outlet, Written } from './outlet.ts';

/** More than this does not wait: it is dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_WRITE_BYTES = 64 * 1024;
/** As much as a pipe takes at once, or not at all (POSIX: PIPE_BUF), so that lines of several processes are not mixed. */
const MAX_SHARED_WRITE_BYTES = 4096;
/** A reader that is behind may read again at any moment; a full disk takes longer. */
const RETRY_MS = 20;
const RETRY_BROKEN_MS = 1000;
const WARN = 40;

export class LogStream {
  readonly #outlet: Outlet;
  readonly #maxWriteBytes: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** How many of the waiting bytes `writeBeside` is writing. */
  #writingBytes = 0;
  #retry: NodeJS.Timeout | null = null;
  #dropped = 0;
  /** Dropped, and not yet mentioned in the log. */
  #unmentioned = 0;

  /** `isShared`: other processes write to the same place. */
  constructor(outlet: Outlet, { isShared = false } = {}) {
    this.#outlet = outlet;
    this.#maxWriteBytes = isShared ? MAX_SHARED_WRITE_BYTES : MAX_WRITE_BYTES;
  }

  /** How many lines were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** One whole line, including its line break. Never waits and never throws. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#dropped += 1;
      this.#unmentioned += 1;
      return;
    }
    this.#keep(bytes);
    if (this.#retry === null) this.#write();
  }

  /** Resolves when everything is written, or after `withinMs`. */
  async drain(withinMs: number): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (this.#waiting.length > 0 && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** For a process that ends now: writes what can be written without waiting for a reader. */
  writeLast(): void {
    this.#take(this.#writingBytes);
    while (this.#waiting.length > 0 && this.#take(this.#outlet.writeLast(this.#next())));
  }

  #write(): void {
    const { writeNow, writeBeside } = this.#outlet;
    if (writeNow === null) {
      if (this.#writingBytes === 0) this.#writeBeside(writeBeside);
      return;
    }
    while (this.#waiting.length > 0) {
      const written = writeNow(this.#next());
      if (!this.#take(written)) {
        this.#tryLater(written);
        return;
      }
    }
  }

  #writeBeside(writeBeside: Outlet['writeBeside']): void {
    if (this.#waiting.length === 0) return;
    const bytes = this.#next();
    this.#writingBytes = bytes.length;
    void writeBeside(bytes).then((written) => {
      this.#writingBytes = 0;
      if (this.#take(written)) this.#writeBeside(writeBeside);
      else this.#tryLater(written);
    });
  }

  #tryLater(written: Written): void {
    this.#retry = setTimeout(
      () => {
        this.#retry = null;
        this.#write();
      },
      written === 'broken' ? RETRY_BROKEN_MS : RETRY_MS,
    );
    this.#retry.unref();
  }

  #keep(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** The oldest that wait, as many as one write takes. */
  #next(): Buffer {
    const [first = Buffer.alloc(0)] = this.#waiting;
    let [count, size] = [1, first.length];
    for (; count < this.#waiting.length; count++) {
      const { length } = this.#waiting[count] ?? first;
      if (size + length > this.#maxWriteBytes) break;
      size += length;
    }
    return count === 1 ? first : Buffer.concat(this.#waiting.slice(0, count), size);
  }

  /** Removes them: they are written. False: nothing was written. */
  #take(written: Written): boolean {
    if (written === 'broken' || written === 0) return false;
    this.#waitingBytes -= written;
    let left = written;
    let whole = 0;
    for (const { length } of this.#waiting) {
      if (length > left) break;
      left -= length;
      whole += 1;
    }
    this.#waiting.splice(0, whole);
    const [first] = this.#waiting;
    if (left > 0 && first !== undefined) this.#waiting[0] = first.subarray(left);
    if (this.#waiting.length === 0 && this.#unmentioned > 0) this.#mention();
    return true;
  }

  #mention(): void {
    const line = {
      level: WARN,
      time: Date.now(),
      dropped: this.#unmentioned,
      msg: 'Log lines were lost, because the log could not be written.',
    };
    this.#unmentioned = 0;
    this.#keep(Buffer.from(`${JSON.stringify(line)}\n`));
  }
}
