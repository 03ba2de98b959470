/**
 * Keeps one process running: a worker, or the one that writes. If it ends, another one takes its place, after a pause that grows
 * while one after the other ends right after its start. When that happens too often, there is no use in trying again.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Log } from '../core/lib/log.ts';
import type { FromChild, ProcessFigures, StartWorker, StartWriter, ToChild } from './messages.ts';
import { errorFrom } from './sent-error.ts';
import { FIGURES_WITHIN_MS } from './shared-metrics.ts';

/** One that ends sooner after it was ready has not really started. */
const EARLY_MS = 1000;
/** About ten seconds, with the pauses between them. */
const MAX_EARLY_ENDS = 6;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 4000;
/** Why a process could not start is read by then, if it was sent just before its end. */
const LAST_WORDS_MS = 100;

export interface KeptPorts {
  /** For the log. */
  readonly name: string;
  launch(): ChildProcess;
  /** What a new process is told first; it has another number than the previous one. */
  describe(member: number): StartWriter | StartWorker;
  /** Numbers the processes of this server. */
  nextMember(): number;
  /** Before a new process is told to start. */
  onStart?(member: number): void;
  /** What only this kind of process asks. */
  onMessage?(message: FromChild, member: number, reply: (message: ToChild) => void): void;
  /** It has ended, whether or not another one will take its place. */
  onEnd(member: number): void;
  /** It ends again and again. Called once. */
  onGiveUp(error: Error): void;
  readonly log: Log;
}

interface Running {
  readonly child: ChildProcess;
  readonly member: number;
  readyAtMs: number | null;
}

export class KeptProcess {
  readonly #ports: KeptPorts;
  #running: Running | null = null;
  #isStopping = false;
  #earlyEnds = 0;
  #pause: NodeJS.Timeout | undefined;
  readonly #figures = new Map<number, (figures: ProcessFigures) => void>();
  #nextId = 1;
  /** How the first start went. */
  #onFirst: { resolve(port: number): void; reject(error: Error): void } | null = null;

  constructor(ports: KeptPorts) {
    this.#ports = ports;
  }

  /** Null while there is none that is ready. */
  get member(): number | null {
    return this.#running === null || this.#running.readyAtMs === null ? null : this.#running.member;
  }

  /** Also of one that is not ready yet. */
  get startedMember(): number | null {
    return this.#running?.member ?? null;
  }

  /** Resolves when the first is ready, to the port where it listens (0: nowhere). Rejects with what it reports. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#onFirst = { resolve, reject };
      this.#launch();
    });
  }

  send(message: ToChild): void {
    // Null for an answer, so that nothing is thrown: it may just have ended.
    if (this.#running?.child.connected === true) this.#running.child.send(message, () => {});
  }

  /** Null if it does not answer in time. */
  async figures(): Promise<ProcessFigures | null> {
    const id = this.#nextId++;
    const answer = new Promise<ProcessFigures>((resolve) => this.#figures.set(id, resolve));
    this.send({ kind: 'figures', id });
    const late = new Promise<null>((resolve) => setTimeout(resolve, FIGURES_WITHIN_MS, null).unref());
    return await Promise.race([answer, late]).finally(() => this.#figures.delete(id));
  }

  /** Asks it to end; ends it after `withinMs`. No other takes its place. */
  async stop({ drain, withinMs }: { readonly drain: boolean; readonly withinMs: number }): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#pause);
    const child = this.#running?.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    this.send({ kind: 'stop', drain });
    const kill = setTimeout(() => child.kill('SIGKILL'), withinMs);
    await exited;
    clearTimeout(kill);
  }

  #launch(): void {
    const child = this.#ports.launch();
    const running: Running = { child, member: this.#ports.nextMember(), readyAtMs: null };
    this.#running = running;
    let failure: Error | null = null;
    child.on('message', (message: FromChild) => {
      if (message.kind === 'failed') failure = errorFrom(message.error);
      else this.#take(running, message);
    });
    // It could not be started, or not be told; its end is reported by itself.
    child.on('error', (error) => {
      failure ??= error;
      if (child.pid === undefined) this.#ended(running, error);
    });
    child.once('exit', (code, signal) => {
      const end = (): void => this.#ended(running, failure ?? new Error(howItEnded(code, signal)));
      if (running.readyAtMs === null && failure === null) setTimeout(end, LAST_WORDS_MS);
      else end();
    });
    this.#ports.onStart?.(running.member);
    this.send({ kind: 'start', start: this.#ports.describe(running.member) });
  }

  #take(running: Running, message: FromChild): void {
    if (message.kind === 'ready') {
      running.readyAtMs = performance.now();
      this.#onFirst?.resolve(message.port ?? 0);
      this.#onFirst = null;
    } else if (message.kind === 'figures') this.#figures.get(message.id)?.(message.figures);
    else
      this.#ports.onMessage?.(message, running.member, (reply) => {
        if (running.child.connected) running.child.send(reply, () => {});
      });
  }

  #ended(running: Running, error: Error): void {
    if (this.#running !== running) return;
    const { log, name, onEnd, onGiveUp } = this.#ports;
    this.#running = null;
    onEnd(running.member);
    if (this.#isStopping) return;
    if (this.#onFirst !== null) {
      this.#isStopping = true;
      this.#onFirst.reject(error);
      return;
    }
    const wasEarly = running.readyAtMs === null || performance.now() - running.readyAtMs < EARLY_MS;
    this.#earlyEnds = wasEarly ? this.#earlyEnds + 1 : 0;
    log.warn(
      { process: name, pid: running.child.pid, reason: error.message },
      'A process of the server ended. Another one takes its place.',
    );
    if (this.#earlyEnds >= MAX_EARLY_ENDS) {
      this.#isStopping = true;
      onGiveUp(
        new Error(`The ${name} ended ${this.#earlyEnds} times in a row right after its start, at last so: ${error.message}`),
      );
      return;
    }
    const pauseMs = this.#earlyEnds === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#earlyEnds - 1));
    this.#pause = setTimeout(() => this.#launch(), pauseMs);
  }
}

const howItEnded = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `The process ended with exit code ${code}.` : `The process was ended by ${signal}.`;
