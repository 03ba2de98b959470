/**
 * Work that is done apart from requests. Each job runs alone, never twice at the same time; its failures are reported and it is
 * tried again.
 */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
}

export interface RunningJobs {
  /** No further runs; resolves when the running ones are finished. */
  stop(): Promise<void>;
}

export function runJobs(jobs: readonly Job[], onError: (job: string, error: unknown) => void): RunningJobs {
  const running = new Set<Promise<void>>();
  const timers = jobs.map((job) => {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      const run = job
        .run()
        .catch((error: unknown) => onError(job.name, error))
        .finally(() => {
          busy = false;
          running.delete(run);
        });
      running.add(run);
    }, job.everyMs);
    timer.unref();
    return timer;
  });
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running);
    },
  };
}
