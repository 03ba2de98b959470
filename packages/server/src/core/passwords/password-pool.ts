/**
 * A few threads and a bounded queue. A password costs 15 ms of a core and 19 MiB, so many at once are the cheapest attack there
 * is. Waiting jobs take turns by who they are for (`fair-queue.ts`); when the queue is full the answer is `busy`, at once.
 * Threads start when they are needed, keep no process alive while they wait, and end when they have been idle for a while, so
 * that an idle server is a small one.
 */
import { Worker } from 'node:worker_threads';
import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type Claim, FairQueue } from './fair-queue.ts';
import type { PasswordAnswer, PasswordWork } from './password-work.ts';

export interface PasswordPool {
  /** Runs one piece of work off the event loop. @throws Error when the work itself fails (a stored hash that is not valid). */
  run(work: PasswordWork, claim?: Claim): Promise<Outcome<string | boolean, 'busy'>>;
  /** Ends all threads; what still waits is answered `busy`. */
  close(): Promise<void>;
}

interface Job {
  readonly work: PasswordWork;
  answer(outcome: Outcome<string | boolean, 'busy'>): void;
  fail(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
  idle: NodeJS.Timeout | null;
}

/** No particular user: the command line, the first start. */
const SERVER: Claim = { isKnown: true, networks: [], person: 'server' };

export function openPasswordPool(limits: { threads: number; queue: number; idleMs: number }): PasswordPool {
  const threads = new Set<Thread>();
  const queue = new FairQueue<Job>(limits.queue);
  let closed = false;

  function next(thread: Thread): void {
    const job = queue.next();
    if (job !== null) {
      give(thread, job);
      return;
    }
    thread.worker.unref();
    thread.idle = setTimeout(() => end(thread), limits.idleMs).unref();
  }

  function give(thread: Thread, job: Job): void {
    if (thread.idle !== null) clearTimeout(thread.idle);
    thread.idle = null;
    thread.job = job;
    // A command that waits for a hash must not end before the hash is there.
    thread.worker.ref();
    thread.worker.postMessage(job.work);
  }

  function end(thread: Thread): Promise<number> {
    threads.delete(thread);
    return thread.worker.terminate();
  }

  function start(): Thread {
    const worker = new Worker(new URL('./password-thread.ts', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    const thread: Thread = { worker, job: null, idle: null };
    threads.add(thread);
    worker.on('message', (answer: PasswordAnswer) => {
      settle(thread, (job) =>
        answer.ok ? job.answer(ok(answer.value)) : job.fail(new Error(`Password work failed: ${answer.message}`)),
      );
      if (threads.has(thread)) next(thread);
    });
    worker.on('error', (error) =>
      settle(thread, (job) => job.fail(error instanceof Error ? error : new Error('A thread that hashes passwords failed.'))),
    );
    worker.on('exit', () => {
      settle(thread, (job) => job.fail(new Error('A thread that hashes passwords ended.')));
      const died = threads.delete(thread);
      if (died && queue.size > 0) next(start());
    });
    return thread;
  }

  return {
    async run(work, claim = SERVER) {
      const free = [...threads].find((thread) => thread.job === null);
      if (closed) return no('busy');
      return await new Promise((answer, fail) => {
        const job = { work, answer, fail };
        if (free !== undefined) give(free, job);
        else if (threads.size < limits.threads) give(start(), job);
        else queue.push(job, claim)?.answer(no('busy'));
      });
    },
    async close() {
      closed = true;
      for (let job = queue.next(); job !== null; job = queue.next()) job.answer(no('busy'));
      await Promise.all([...threads].map(end));
    },
  };
}

function settle(thread: Thread, how: (job: Job) => void): void {
  const { job } = thread;
  thread.job = null;
  if (job !== null) how(job);
}
