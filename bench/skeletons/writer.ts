/**
 * The thread that writes: it takes what is waiting, runs it as one transaction, and only then answers, so that all share one wait
 * for the disk.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './database.ts';
import type { Answer, Batch, Start } from './writer-thread.ts';
import { prepareMints, prepareRefreshes, prepareUses } from './writes.ts';

if (parentPort === null) throw new Error('This file runs as a worker thread.');
const port = parentPort;
const { path, writes } = workerData as Start;
const database = connect(path, { readonly: false });
const begin = database.prepare('BEGIN IMMEDIATE');
const commit = database.prepare('COMMIT');
const write = { mints: prepareMints, refreshes: prepareRefreshes, uses: prepareUses }[writes](database) as (
  operation: unknown,
) => unknown;

let waiting: Batch[] = [];

port.on('message', (batch: Batch) => {
  waiting.push(batch);
  // After the messages that have already arrived, so that they share the commit.
  if (waiting.length === 1) setImmediate(drain);
});
port.postMessage('ready');

function drain(): void {
  const batches = waiting;
  waiting = [];
  begin.run();
  const answers: Answer[] = batches.map(({ id, operations }) => ({ id, results: operations.map(write) }));
  commit.run();
  for (const answer of answers) port.postMessage(answer);
}
