/**
 * The writer thread: the only connection that writes. It takes what is waiting (at most 64 acts), runs it as one batch, and only
 * then answers: all of them share one wait for the disk. Nothing is committed into a file that is not at its path any more.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BatchRunner } from './batch.ts';
import { connect } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { DatabaseFile } from './file.ts';
import type { WriterRequest } from './message.ts';

const MAX_BATCH = 64;

if (parentPort === null) throw new Error('This file runs as a worker thread.');
const port = parentPort;
const { path } = workerData as { path: string };
const database = connect(path, { readonly: false });
const file = new DatabaseFile(path);
const runner = new BatchRunner(database, kyselyOver(database), () => file.check());

const waiting: WriterRequest[] = [];
let draining = false;

port.on('message', (message: readonly WriterRequest[] | 'close') => {
  if (message === 'close') {
    database.close();
    port.close();
    return;
  }
  waiting.push(...message);
  if (draining) return;
  draining = true;
  // After the messages that have already arrived, so that they share the commit.
  setImmediate(drain);
});
port.postMessage('ready');

async function drain(): Promise<void> {
  while (waiting.length > 0) port.postMessage(await runner.run(waiting.splice(0, MAX_BATCH)));
  draining = false;
}
