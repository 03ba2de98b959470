/**
 * The end of a worker: sends acts to the process that writes, and hears from it what any worker has changed. When that process
 * dies, what it had not answered is refused, never sent again; the worker connects to its successor.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Change } from '../../core/revocations/change.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import type { WriterAddress } from '../opened.ts';
import { readFrames, sendFrame } from './frames.ts';
import type { FromWriter, ToWriter } from './message.ts';
import { type ActDone, PendingActs } from './pending-acts.ts';

const CONNECT_EVERY_MS = 20;
/** A successor takes a second to start, on a slow machine several. */
const CONNECT_WITHIN_MS = 30_000;

export class WriterClient {
  readonly #address: WriterAddress;
  readonly #acts = new PendingActs(() => this.#sendActs());
  #socket: Socket | null = null;
  #hasJoined = false;
  #onWelcome = (): void => {};
  #isClosing = false;
  #listener: (changes: readonly Change[]) => Promise<void> = async () => {};

  private constructor(address: WriterAddress) {
    this.#address = address;
  }

  static async open(address: WriterAddress): Promise<WriterClient> {
    const client = new WriterClient(address);
    await client.#connect(performance.now() + CONNECT_WITHIN_MS);
    return client;
  }

  /** Called with each commit that changes what caches hold. Its promise resolves when they have all dropped it. */
  onChanges(listener: (changes: readonly Change[]) => Promise<void>): void {
    this.#listener = listener;
  }

  /**
   * When it resolves, this worker may keep what it reads from then on. What was committed before it must read from the list of
   * changes.
   */
  async join(): Promise<void> {
    this.#hasJoined = true;
    const welcome = new Promise<void>((resolve) => {
      this.#onWelcome = resolve;
    });
    this.#introduce();
    await welcome;
  }

  run(act: string, input: unknown): Promise<ActDone> {
    if (this.#socket === null || this.#isClosing)
      return Promise.reject(new StoreUnavailable('The process that writes is not running.'));
    return this.#acts.add(act, input);
  }

  /** Waits for the running acts, then leaves. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#acts.drained();
    const socket = this.#socket;
    if (socket === null) return;
    const closed = once(socket, 'close');
    socket.end();
    await closed;
  }

  async #connect(giveUpAtMs: number): Promise<void> {
    for (;;) {
      const socket = connect(this.#address.socket);
      try {
        await once(socket, 'connect');
        this.#use(socket);
        return;
      } catch (error) {
        socket.destroy();
        if (performance.now() > giveUpAtMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, CONNECT_EVERY_MS));
      }
    }
  }

  #use(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#lost());
    readFrames(socket, (message) => this.#take(socket, message as FromWriter));
    this.#socket = socket;
    this.#introduce();
  }

  #introduce(): void {
    if (this.#hasJoined && this.#socket !== null) this.#send(this.#socket, { kind: 'member', member: this.#address.member });
  }

  #take(socket: Socket, message: FromWriter): void {
    if (message.kind === 'answers') this.#acts.settle(message.answers);
    else if (message.kind === 'welcome') this.#onWelcome();
    else
      this.#listener(message.changes).then(
        () => this.#send(socket, { kind: 'known', upTo: message.number }),
        // Then the acts are answered when this worker's caches are not trusted any more.
        () => {},
      );
  }

  #lost(): void {
    this.#socket = null;
    this.#acts.refuse('The process that writes has ended.');
    // Until then acts are refused; the primary process starts a successor, or ends all.
    if (!this.#isClosing) this.#connect(Number.POSITIVE_INFINITY).catch(() => {});
  }

  #sendActs(): void {
    const acts = this.#acts.takeUnsent();
    if (this.#socket !== null && acts.length > 0) this.#send(this.#socket, { kind: 'acts', acts });
  }

  #send(socket: Socket, message: ToWriter): void {
    if (socket.writable) sendFrame(socket, message);
  }
}
