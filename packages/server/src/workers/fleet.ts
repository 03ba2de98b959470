/** The processes of one server: its workers, and on SQLite the process that writes for them. */
import { fork } from 'node:child_process';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { Log } from '../core/lib/log.ts';
import { VERSION } from '../http/version.ts';
import { KeptProcess } from './kept-process.ts';
import type { LimitDesk } from './limits.ts';
import type { FromChild, ToChild } from './messages.ts';
import type { Asked } from './shared-metrics.ts';

/** For the end of a process that has nothing left to do. */
export const EXIT_WITHIN_MS = 500;

export interface FleetPorts {
  readonly workers: number;
  readonly logLevel: Config['logLevel'];
  /** Null on PostgreSQL: each worker writes. */
  readonly writing: { readonly databasePath: string; readonly socketPath: string } | null;
  readonly desk: LimitDesk;
  /** A process has ended. */
  readonly onEnd: (member: number) => void;
  /** One ends again and again. */
  readonly onGiveUp: (error: Error) => void;
  readonly log: Log;
}

export class Fleet {
  readonly #ports: FleetPorts;
  readonly #writer: KeptProcess | null;
  readonly #workers: readonly KeptProcess[];
  #members = 0;

  constructor(ports: FleetPorts) {
    this.#ports = ports;
    this.#writer = this.#keepWriter();
    cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker.ts', import.meta.url)), args: [], serialization: 'advanced' });
    // The primary process accepts, and gives to each worker in turn: all have the same number of connections.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    this.#workers = Array.from({ length: ports.workers }, (_, index) => this.#keepWorker(index + 1));
  }

  /** Resolves when all answer, to the port where they do. Rejects with what the first that fails reports. */
  async start(): Promise<number> {
    await this.#writer?.start();
    const [port = 0] = await Promise.all(this.#workers.map((worker) => worker.start()));
    return port;
  }

  /** Those that can be asked for their figures. */
  running(): readonly Asked[] {
    const all = [...(this.#writer === null ? [] : [this.#writer]), ...this.#workers];
    return all.flatMap((each) => (each.member === null ? [] : [{ member: each.member, figures: () => each.figures() }]));
  }

  async stop(how: { readonly drain: boolean; readonly withinMs: number }): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(how)));
    // Last: a worker that ends writes what it has counted.
    await this.#writer?.stop({ drain: false, withinMs: EXIT_WITHIN_MS });
  }

  #common() {
    const { log, onGiveUp } = this.#ports;
    return { log, onGiveUp, nextMember: () => ++this.#members };
  }

  #keepWriter(): KeptProcess | null {
    const { writing, logLevel, onEnd } = this.#ports;
    if (writing === null) return null;
    return new KeptProcess({
      ...this.#common(),
      onEnd,
      name: 'process that writes',
      launch: () => fork(fileURLToPath(new URL('./writer-process.ts', import.meta.url)), { serialization: 'advanced' }),
      describe: () => ({
        ...{ kind: 'writer', version: VERSION, logLevel, ...writing },
        members: this.#workers.flatMap(({ startedMember }) => startedMember ?? []),
      }),
    });
  }

  #keepWorker(place: number): KeptProcess {
    const { desk, writing, onEnd, log } = this.#ports;
    return new KeptProcess({
      ...this.#common(),
      name: `worker ${place}`,
      launch: () => cluster.fork().process,
      describe: (member) => ({ kind: 'worker', version: VERSION, place, member, socketPath: writing?.socketPath ?? null }),
      onStart: desk.expect,
      onMessage: (message, member, reply) => this.#answerLimit(message, member, reply),
      onEnd: (member) => {
        this.#writer?.send({ kind: 'forget', member });
        onEnd(member);
        desk
          .forget(member)
          .catch((error: unknown) => log.error({ err: error }, 'The points of a worker could not be given back.'));
      },
    });
  }

  #answerLimit(message: FromChild, member: number, reply: (message: ToChild) => void): void {
    if (message.kind !== 'limit') return;
    const { id, question } = message;
    this.#ports.desk.answer(member, question).then(
      (answer) => reply({ kind: 'limit', id, answer }),
      (error: unknown) => this.#ports.log.error({ err: error }, 'A limit could not be counted.'),
    );
  }
}
