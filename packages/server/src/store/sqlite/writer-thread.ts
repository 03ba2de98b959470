/** Owns the thread that writes to SQLite: starts it, sends it acts, and replaces it when it dies. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../../core/unavailable.ts';
import type { WriterAnswer } from './message.ts';
import { type ActDone, PendingActs } from './pending-acts.ts';

const REVIVE_AFTER_MS = 500;

/**
 * The main thread's end of the writer: acts posted in one turn of the event loop are sent in one message. When the thread dies,
 * what it had not answered is refused, and a new one replaces it.
 */
export class WriterThread {
  readonly #path: string;
  readonly #acts = new PendingActs(() => this.#send());
  #worker: Worker | null = null;
  #isClosing = false;
  #isUnused = false;
  /** For the first act; what is asked for waits. */
  #isStarting = false;

  private constructor(path: string) {
    this.#path = path;
  }

  static async start(path: string): Promise<WriterThread> {
    const writer = new WriterThread(path);
    await writer.#start();
    return writer;
  }

  /** The thread is started by the first act: a command that only reads needs none. */
  static startWhenUsed(path: string): WriterThread {
    const writer = new WriterThread(path);
    writer.#isUnused = true;
    return writer;
  }

  run(act: string, input: unknown): Promise<ActDone> {
    if (this.#isUnused) this.#startForFirstAct();
    if ((this.#worker === null && !this.#isStarting) || this.#isClosing)
      return Promise.reject(new StoreUnavailable('The writer thread is not running.'));
    return this.#acts.add(act, input);
  }

  /** Waits for the running acts, then ends the thread. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#acts.drained();
    const worker = this.#worker;
    if (worker === null) return;
    const exited = once(worker, 'exit');
    worker.postMessage('close');
    await exited;
  }

  #startForFirstAct(): void {
    this.#isUnused = false;
    this.#isStarting = true;
    this.#start().then(
      () => {
        this.#isStarting = false;
        this.#send();
      },
      (error: Error) => {
        this.#isStarting = false;
        this.#acts.refuse(error.message);
      },
    );
  }

  async #start(): Promise<void> {
    const worker = new Worker(new URL('./writer.ts', import.meta.url), {
      workerData: { path: this.#path },
      // It holds one batch at a time; the default would let it keep 48 MB of garbage.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    // Its first message says that it is ready; `once` rejects when it fails before.
    await once(worker, 'message');
    worker.on('message', (answers: readonly WriterAnswer[]) => this.#acts.settle(answers));
    worker.on('error', (error) => this.#acts.refuse(error.message));
    worker.on('exit', () => this.#lost());
    this.#worker = worker;
    // It may have been restarting when the store was closed.
    if (this.#isClosing && this.#acts.size === 0) worker.postMessage('close');
  }

  #lost(): void {
    this.#worker = null;
    this.#acts.refuse('The writer thread has ended.');
    if (!this.#isClosing) this.#reviveLater();
  }

  #reviveLater(): void {
    setTimeout(() => {
      if (!this.#isClosing) this.#start().catch(() => this.#reviveLater());
    }, REVIVE_AFTER_MS).unref();
  }

  #send(): void {
    if (!this.#isStarting) this.#worker?.postMessage(this.#acts.takeUnsent());
  }
}
