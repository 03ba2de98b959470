/**
 * The writer thread: the only connection that writes. It takes what is waiting (at most 64 acts), runs each in a savepoint of
 * one transaction, commits once, and only then answers: one wait for the disk serves them all. A failed commit fails them all, and nothing is
 * committed into a file that is not at its path any more.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Refusal } from '../../core/refusal.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { acts } from '../acts.ts';
import { runAct } from '../run-act.ts';
import { connect, isBusy, isStorageError } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { DatabaseFile } from './file.ts';
import type { WriterAnswer, WriterRequest } from './message.ts';

const MAX_BATCH = 64;
/** Another process (the command line) may hold the lock; its own transactions are short. */
const BUSY_PATIENCE_MS = 5000;

if (parentPort === null) throw new Error('This file runs as a worker thread.');
const port = parentPort;
const { path } = workerData as { path: string };
const database = connect(path, { readonly: false });
const file = new DatabaseFile(path);
const db = kyselyOver(database);

const [begin, commit, rollback] = [prepared('BEGIN IMMEDIATE'), prepared('COMMIT'), prepared('ROLLBACK')];
const savepoint = prepared('SAVEPOINT act');
const release = prepared('RELEASE act');
const rollbackToSavepoint = prepared('ROLLBACK TO act');

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
  while (waiting.length > 0) port.postMessage(await commitBatch(waiting.splice(0, MAX_BATCH)));
  draining = false;
}

async function commitBatch(batch: readonly WriterRequest[]): Promise<readonly WriterAnswer[]> {
  try {
    await beginPatiently();
    const answers: WriterAnswer[] = [];
    for (const request of batch) answers.push(await runInSavepoint(request));
    file.check();
    commit.run();
    return answers;
  } catch (error) {
    if (database.inTransaction) rollback.run();
    return batch.map(({ id }) => failure(id, error));
  }
}

async function beginPatiently(): Promise<void> {
  const giveUpAt = performance.now() + BUSY_PATIENCE_MS;
  for (;;) {
    try {
      begin.run();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

async function runInSavepoint({ id, act, input }: WriterRequest): Promise<WriterAnswer> {
  savepoint.run();
  try {
    const { result, changes } = await runAct(acts, db, act, input);
    release.run();
    return { id, ok: true, result, changes };
  } catch (error) {
    // When the disk is the trouble, nothing of the batch can be trusted.
    if (isStorageError(error) || !database.inTransaction) throw error;
    rollbackToSavepoint.run();
    release.run();
    return failure(id, error);
  }
}

/** Each act needs four of these; parsing them anew would cost more than a small act. */
function prepared(sql: string) {
  return database.prepare(sql);
}

function failure(id: number, error: unknown): WriterAnswer {
  if (error instanceof Refusal) return { id, ok: false, refused: error.refused };
  const message = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  return { id, ok: false, refused: null, unavailable: isStorageError(error) || error instanceof StoreUnavailable, message };
}
