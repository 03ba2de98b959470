import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Change } from '../../core/revocations/change.ts';
import { StoreUnavailable } from '../../core/store.ts';

export interface WriterRequest {
  readonly id: number;
  readonly act: string;
  readonly input: unknown;
}

export type WriterAnswer =
  | { readonly id: number; readonly ok: true; readonly result: unknown; readonly changes: readonly Change[] }
  | { readonly id: number; readonly ok: false; readonly unavailable: boolean; readonly message: string };

interface Pending {
  resolve(answer: { result: unknown; changes: readonly Change[] }): void;
  reject(error: Error): void;
}

/** The main thread's end of the writer: acts posted in one turn of the event loop travel in one message. */
export class WriterThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #outbox: WriterRequest[] = [];
  #nextId = 1;
  #gone: Error | null = null;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answers: readonly WriterAnswer[]) => this.#settle(answers));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('The writer thread has ended.')));
  }

  static async start(path: string): Promise<WriterThread> {
    const worker = new Worker(new URL('./writer.ts', import.meta.url), { workerData: { path } });
    // Its first message says that it is ready; `once` rejects when it fails before.
    await once(worker, 'message');
    return new WriterThread(worker);
  }

  run(act: string, input: unknown): Promise<{ result: unknown; changes: readonly Change[] }> {
    if (this.#gone !== null) return Promise.reject(new StoreUnavailable(this.#gone.message));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      this.#outbox.push({ id, act, input });
      if (this.#outbox.length === 1) queueMicrotask(() => this.#send());
    });
  }

  /** Waits for what is under way, then ends the thread. */
  async close(): Promise<void> {
    while (this.#pending.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    if (this.#gone !== null) return;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage('close');
    await exited;
  }

  #send(): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    if (this.#gone === null) this.#worker.postMessage(outbox);
  }

  #settle(answers: readonly WriterAnswer[]): void {
    for (const answer of answers) {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if (answer.ok) pending?.resolve(answer);
      else pending?.reject(answer.unavailable ? new StoreUnavailable(answer.message) : new Error(answer.message));
    }
  }

  #fail(error: Error): void {
    this.#gone ??= error;
    for (const pending of this.#pending.values()) pending.reject(new StoreUnavailable(error.message));
    this.#pending.clear();
  }
}
