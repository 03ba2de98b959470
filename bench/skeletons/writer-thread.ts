/** The main thread's end of the writer: what is asked for in one turn of the event loop is sent in one message. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface Start {
  readonly path: string;
  readonly writes: 'mints' | 'refreshes' | 'uses';
}

export interface Batch {
  readonly id: number;
  readonly operations: readonly unknown[];
}

export interface Answer {
  readonly id: number;
  readonly results: readonly unknown[];
}

/** Resolves when it is on disk. */
export type Write<Operation, Result> = (operation: Operation) => Promise<Result>;

export async function startWriter<Operation, Result>(start: Start): Promise<Write<Operation, Result>> {
  const worker = new Worker(new URL('./writer.ts', import.meta.url), {
    name: 'writer',
    workerData: start,
    // It holds one batch at a time; the default would let it keep 48 MB of garbage.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  await once(worker, 'message');
  const pending = new Map<number, readonly ((result: Result) => void)[]>();
  let nextId = 0;
  let operations: Operation[] = [];
  let resolvers: ((result: Result) => void)[] = [];
  worker.on('message', ({ id, results }: Answer) => {
    const waiting = pending.get(id) ?? [];
    pending.delete(id);
    for (const [index, resolve] of waiting.entries()) resolve(results[index] as Result);
  });
  const send = (): void => {
    const id = nextId++;
    pending.set(id, resolvers);
    worker.postMessage({ id, operations } satisfies Batch);
    operations = [];
    resolvers = [];
  };
  return (operation) =>
    new Promise((resolve) => {
      operations.push(operation);
      resolvers.push(resolve);
      if (operations.length === 1) setImmediate(send);
    });
}
