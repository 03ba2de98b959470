/**
 * A few threads and a queue with an end. A password costs 15 ms of a core and 19 MiB, so that many at once are the cheapest
 * attack there is: beyond the queue the answer is `busy`, at once. Threads start when they are needed, keep no process alive
 * while they wait, and go when nobody has needed them for a while, so that an idle server is a small one.
 */
import { Worker } from 'node:worker_threads';
import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { PasswordAnswer, PasswordWork } from './password-work.ts';

export interface PasswordPool {
  /** Runs one piece of work off the event loop. @throws Error when the work itself fails (a stored hash that is none). */
  run(work: PasswordWork): Promise<Outcome<string | boolean, 'busy'>>;
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

export function openPasswordPool(limits: { threads: number; queue: number; idleMs: number }): PasswordPool {
  const threads = new Set<Thread>();
  const queue: Job[] = [];
  let closed = false;

  function next(thread: Thread): void {
    const job = queue.shift();
    if (job !== undefined) {
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
    // A command that waits for a hash must not end before it comes.
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
      settle(thread, (job) => job.fail(error instanceof Error ? error : new Error('A password thread failed.'))),
    );
    worker.on('exit', () => {
      settle(thread, (job) => job.fail(new Error('A password thread ended.')));
      const died = threads.delete(thread);
      if (died && queue.length > 0) next(start());
    });
    return thread;
  }

  return {
    async run(work) {
      const free = [...threads].find((thread) => thread.job === null);
      if (closed || (free === undefined && threads.size >= limits.threads && queue.length >= limits.queue)) return no('busy');
      return await new Promise((answer, fail) => {
        const job = { work, answer, fail };
        if (free !== undefined) give(free, job);
        else if (threads.size < limits.threads) give(start(), job);
        else queue.push(job);
      });
    },
    async close() {
      closed = true;
      for (const job of queue.splice(0)) job.answer(no('busy'));
      await Promise.all([...threads].map(end));
    },
  };
}

function settle(thread: Thread, how: (job: Job) => void): void {
  const { job } = thread;
  thread.job = null;
  if (job !== null) how(job);
}
