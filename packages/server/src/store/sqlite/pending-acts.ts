/**
 * Acts that wait to be sent to the writer, or to be answered by it. Those of one turn of the event loop are sent in one message.
 * An act that was sent is never sent again: if the writer is lost, it is refused.
 */
import type { Change } from '../../core/revocations/change.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { errorOf, type WriterAnswer, type WriterRequest } from './message.ts';

export interface ActDone {
  readonly result: unknown;
  readonly changes: readonly Change[];
}

interface Pending {
  resolve(answer: ActDone): void;
  reject(error: Error): void;
}

export class PendingActs {
  readonly #send: () => void;
  readonly #pending = new Map<number, Pending>();
  #unsent: WriterRequest[] = [];
  #nextId = 1;

  /** `send`: called once for the acts of one turn, which `takeUnsent` gives. */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** How many are not answered. */
  get size(): number {
    return this.#pending.size;
  }

  add(act: string, input: unknown): Promise<ActDone> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      this.#unsent.push({ id, act, input });
      if (this.#unsent.length === 1) queueMicrotask(this.#send);
    });
  }

  takeUnsent(): readonly WriterRequest[] {
    const unsent = this.#unsent;
    this.#unsent = [];
    return unsent;
  }

  settle(answers: readonly WriterAnswer[]): void {
    for (const answer of answers) {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if (answer.ok) pending?.resolve(answer);
      else pending?.reject(errorOf(answer));
    }
  }

  /** All of them fail with `StoreUnavailable`, whether or not they were sent. */
  refuse(message: string): void {
    const refused = [...this.#pending.values()];
    this.#pending.clear();
    this.#unsent = [];
    for (const { reject } of refused) reject(new StoreUnavailable(message));
  }

  /** Resolves when every act is answered. */
  async drained(): Promise<void> {
    while (this.#pending.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
