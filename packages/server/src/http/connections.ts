/**
 * The connections of the server while it stops: every request that was sent is answered, and a connection that sends nothing does
 * not prevent the server from ending.
 */
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';

const CHECK_EVERY_MS = 20;

export class Connections {
  readonly #servers: Server[] = [];
  readonly #open = new Set<Socket>();
  readonly #closing: (() => void)[] = [];
  #isStopping = false;

  /** True from `announce` on: a proxy with several servers should send requests to the others. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Called once for each address that the server listens on. */
  watch(server: Server): void {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
    });
  }

  /** Before a request is answered: while the server stops, `Connection: close` goes with the answer (RFC 9112 §9.6). */
  mark(response: ServerResponse): void {
    if (this.#isStopping) response.shouldKeepAlive = false;
  }

  /** Called when no new connections are accepted any more; for answers that would never end by themselves. */
  onClosing(listener: () => void): void {
    this.#closing.push(listener);
  }

  /** Requests are answered as before, each with `Connection: close`. */
  announce(): void {
    this.#isStopping = true;
  }

  /**
   * No new connections. Resolves when the last request is answered, to how many connections were cut because they were still open
   * after `withinMs`.
   */
  async close(withinMs: number): Promise<number> {
    this.announce();
    const giveUpAt = performance.now() + withinMs;
    // Node's own `close` of an HTTP server would immediately cut connections whose request has arrived, but was not read yet.
    for (const server of this.#servers) if (server.listening) NetServer.prototype.close.call(server);
    for (const listener of this.#closing) listener();
    while (this.#open.size > 0 && performance.now() < giveUpAt) {
      await setTimeout(CHECK_EVERY_MS);
      // What has arrived by now has been read when this resolves.
      await setImmediate();
      this.#closeIdle();
    }
    const cut = this.#open.size;
    for (const server of this.#servers) server.closeAllConnections();
    return cut;
  }

  #closeIdle(): void {
    // For Node a connection that never sent a byte is in the middle of a request.
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
    // For Node an answer is sent even if the client has not read it yet.
    const isSending = [...this.#open].some(({ writableLength }) => writableLength > 0);
    if (!isSending) for (const server of this.#servers) server.closeIdleConnections();
  }
}
