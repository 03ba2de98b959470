/** The reader thread: it does the reads that may take long, on a separate connection. */
import { parentPort, workerData } from 'node:worker_threads';
import { isGrowing, readsOver } from '../reads.ts';
import { connect } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { failure, type ReadAnswer, type ReadRequest } from './message.ts';

type ByName = Readonly<Record<string, Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>>>;

if (parentPort === null) throw new Error('This file runs as a worker thread.');
const port = parentPort;
const { path } = workerData as { path: string };
const reads = readsOver(kyselyOver(connect(path, { readonly: true }))) as unknown as ByName;

port.on('message', async ({ id, ...request }: ReadRequest & { readonly id: number }) =>
  port.postMessage(await answer(id, request)),
);

async function answer(id: number, { room, name, args }: ReadRequest): Promise<ReadAnswer> {
  try {
    if (!isGrowing(room, name)) throw new Error(`The reader does not do ${room}.${name}.`);
    return { id, ok: true, result: await reads[room]?.[name]?.(...args) };
  } catch (error) {
    return failure(id, error);
  }
}
