/**
 * The process that writes, for several workers: the only connection to the database file that writes. It takes the acts that are
 * waiting, whichever worker they come from, runs them as one batch, and answers in the order of the commits.
 *
 * What a commit changed is sent to every worker first. It is answered when each has dropped it from its caches, or cannot have
 * it: the worker has ended, or so much time has passed that it would read the list of changes before it trusts them.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type SQLite from 'better-sqlite3';
import type { Change } from '../../core/revocations/change.ts';
import { TRUST_FOR_MS } from '../../core/revocations/follower.ts';
import { BatchRunner } from './batch.ts';
import { connect } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { DatabaseFile } from './file.ts';
import { readFrames, sendFrame } from './frames.ts';
import type { FromWriter, ToWriter, WriterAnswer, WriterRequest } from './message.ts';

const MAX_BATCH = 64;
/** After this no worker trusts what it learnt before; timers are not exact. */
const FORGOTTEN_AFTER_MS = TRUST_FOR_MS + 50;
/** A worker that takes nothing for so long has stopped; it connects again when it goes on. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;

interface Waiting {
  readonly from: Socket;
  readonly request: WriterRequest;
}

/** What one commit has to answer, and to whom it must be known before. */
interface Committed {
  readonly answers: ReadonlyMap<Socket, WriterAnswer[]>;
  /** Zero if it changed nothing that caches hold. */
  readonly number: number;
  readonly changes: readonly Change[];
  /** Workers that may still hold it. */
  readonly unaware: Set<number>;
}

export class WriterServer {
  readonly #database: SQLite.Database;
  readonly #runner: BatchRunner;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Workers that may answer from a cache; null: not connected, for now or any more. */
  readonly #members = new Map<number, Socket | null>();
  #waiting: Waiting[] = [];
  #isDraining = false;
  readonly #unanswered: Committed[] = [];
  #number = 0;

  constructor(path: string) {
    this.#database = connect(path, { readonly: false });
    const file = new DatabaseFile(path);
    this.#runner = new BatchRunner(this.#database, kyselyOver(this.#database), () => file.check());
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  /** A worker that runs already, and will connect: the one that wrote before this one is gone. */
  expect(member: number): void {
    if (!this.#members.has(member)) this.#members.set(member, null);
  }

  /** A worker has ended: nothing is in its caches any more. */
  forget(member: number): void {
    this.#members.delete(member);
    for (const { unaware } of this.#unanswered) unaware.delete(member);
    this.#answer();
  }

  /** Every worker has left. Commits nothing more. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#database.close();
  }

  #welcome(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#leave(socket));
    readFrames(socket, (message) => this.#take(socket, message as ToWriter));
  }

  #leave(socket: Socket): void {
    this.#sockets.delete(socket);
    // Nobody waits for their answers; what has begun is done.
    this.#waiting = this.#waiting.filter(({ from }) => from !== socket);
    for (const [member, connected] of this.#members) if (connected === socket) this.#members.set(member, null);
  }

  #take(socket: Socket, message: ToWriter): void {
    if (message.kind === 'acts') {
      for (const request of message.acts) this.#waiting.push({ from: socket, request });
      this.#drainSoon();
    } else if (message.kind === 'member') this.#join(message.member, socket);
    else this.#note(socket, message.upTo);
  }

  #join(member: number, socket: Socket): void {
    this.#members.set(member, socket);
    this.#send(socket, { kind: 'welcome' });
    for (const { unaware, number, changes } of this.#unanswered)
      if (unaware.has(member)) this.#send(socket, { kind: 'changes', number, changes });
  }

  #note(socket: Socket, upTo: number): void {
    for (const [member, connected] of this.#members)
      if (connected === socket) for (const { number, unaware } of this.#unanswered) if (number <= upTo) unaware.delete(member);
    this.#answer();
  }

  /** After what has already arrived was read, from all sockets: it shares the commit. */
  #drainSoon(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    const batch = this.#waiting.splice(0, MAX_BATCH);
    if (batch.length > 0) this.#settle(batch, await this.#runner.run(batch.map(({ request }) => request)));
    this.#isDraining = false;
    if (this.#waiting.length > 0) this.#drainSoon();
  }

  #settle(batch: readonly Waiting[], answers: readonly WriterAnswer[]): void {
    const changes: Change[] = [];
    const bySocket = new Map<Socket, WriterAnswer[]>();
    for (const [index, { from }] of batch.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      if (answer.ok) changes.push(...answer.changes);
      const known = bySocket.get(from) ?? [];
      bySocket.set(from, known);
      known.push(answer.ok && answer.changes.length > 0 ? { ...answer, changes: [] } : answer);
    }
    const isChange = changes.length > 0;
    const number = isChange ? ++this.#number : 0;
    const unaware = new Set(isChange ? this.#members.keys() : []);
    this.#unanswered.push({ answers: bySocket, number, changes, unaware });
    if (isChange) this.#tellMembers({ kind: 'changes', number, changes }, unaware);
    this.#answer();
  }

  #tellMembers(message: FromWriter, unaware: Set<number>): void {
    for (const socket of this.#members.values()) if (socket !== null) this.#send(socket, message);
    if (unaware.size === 0) return;
    setTimeout(() => {
      unaware.clear();
      this.#answer();
    }, FORGOTTEN_AFTER_MS).unref();
  }

  /** In the order of the commits: whoever has an answer finds that everything before it is known everywhere. */
  #answer(): void {
    for (let first = this.#unanswered[0]; first !== undefined && first.unaware.size === 0; first = this.#unanswered[0]) {
      this.#unanswered.shift();
      for (const [socket, answers] of first.answers) this.#send(socket, { kind: 'answers', answers });
    }
  }

  #send(socket: Socket, message: FromWriter): void {
    if (!socket.writable) return;
    sendFrame(socket, message);
    if (socket.writableLength > MAX_BACKLOG_BYTES) socket.destroy();
  }
}
