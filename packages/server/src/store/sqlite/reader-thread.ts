/** Owns the thread for long reads: starts it at the first read, and ends it when there was none for a while. */
import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { errorOf, type ReadAnswer, type ReadRequest } from './message.ts';

/** The thread and its connection take about 20 MB; a server whose pages nobody opens needs neither. */
const IDLE_MS = 60_000;
/** More are refused: the list of waiting reads must not grow without end. */
const MAX_WAITING = 200;

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * The main thread's end. While the thread reads, the main thread verifies credentials. If the thread dies, the reads that it has
 * not answered are refused, and the next read starts another thread.
 */
export class ReaderThread {
  readonly #path: string;
  readonly #idleMs: number;
  #worker: Worker | null = null;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(path: string, { idleMs = IDLE_MS } = {}) {
    this.#path = path;
    this.#idleMs = idleMs;
  }

  /** Rejects with `StoreUnavailable` if the database cannot be read, or too many reads wait already. */
  read(request: ReadRequest): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new StoreUnavailable('The store is closed.'));
    if (this.#pending.size >= MAX_WAITING) return Promise.reject(new StoreUnavailable('Too many reads are waiting.'));
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, ...request });
    });
  }

  /** Ends the thread; what it has not answered is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end('The store is closed.');
  }

  #start(): Worker {
    const worker = new Worker(new URL('./reader.ts', import.meta.url), {
      workerData: { path: this.#path },
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    worker.on('message', (answer: ReadAnswer) => this.#settle(answer));
    worker.on('error', (error) => this.#lost(worker, error.message));
    worker.on('exit', () => this.#lost(worker, 'The reader thread has ended.'));
    return worker;
  }

  #settle(answer: ReadAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.ok) pending?.resolve(answer.result);
    else pending?.reject(errorOf(answer));
    if (this.#pending.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end('The reader thread was not used.'), this.#idleMs).unref();
  }

  #lost(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#refusePending(why);
  }

  async #end(why: string): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = null;
    this.#refusePending(why);
    await worker?.terminate();
  }

  #refusePending(why: string): void {
    for (const pending of this.#pending.values()) pending.reject(new StoreUnavailable(why));
    this.#pending.clear();
  }
}
