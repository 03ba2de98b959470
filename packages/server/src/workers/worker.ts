/** A worker: one of the processes that answer requests. What it does not do itself, it asks the others for. */
import { availableParallelism } from 'node:os';
import { type Answering, startAnswering, type Together } from '../answering.ts';
import { Begun } from '../begun.ts';
import { readConfig } from '../config.ts';
import { endOnUncaughtError } from '../log/last-words.ts';
import { type OpenedLog, openLog } from '../log/open-log.ts';
import { exit, obeyPrimary, startAsToldBy, tellPrimary } from './child.ts';
import { openRemoteLimits } from './limits.ts';
import type { StartWorker } from './messages.ts';
import { nodeFigures } from './node-figures.ts';

/** Which worker does the jobs that need to be done by one. */
const FIRST = 1;

const limits = openRemoteLimits((id, question) => tellPrimary({ kind: 'limit', id, question }));
let place = 0;
let answering: Answering | null = null;
let opened: OpenedLog;

obeyPrimary((message) => {
  if (message.kind === 'start' && message.start.kind === 'worker') start(message.start);
  else if (message.kind === 'limit') limits.settle(message.id, message.answer);
  else if (message.kind === 'figures') void tellFigures(message.id);
  else if (message.kind === 'stop') void stop(message.drain);
});

function start(how: StartWorker): void {
  place = how.place;
  process.title = `keyhouse worker ${place}`;
  void startAsToldBy(how, async () => {
    const config = readConfig();
    opened = openLog(config.logLevel, { worker: place });
    endOnUncaughtError(opened);
    answering = await startAnswering(config, opened, { begun: new Begun(), together: togetherOf(how, config.workers) });
    return { port: answering.port };
  });
}

function togetherOf({ member, socketPath }: StartWorker, workers: number): Together {
  return {
    writer: socketPath === null ? null : { socket: socketPath, member },
    // On PostgreSQL they are in the database.
    limiter: socketPath === null ? null : limits.signIns,
    unknownLimiter: limits.unknown,
    passwordThreads: Math.max(1, Math.floor((availableParallelism() - 1) / workers)),
    jobs: place === FIRST ? 'all' : 'own',
  };
}

async function tellFigures(id: number): Promise<void> {
  const own = answering?.metrics.figures() ?? null;
  tellPrimary({ kind: 'figures', id, figures: { own, node: await nodeFigures(`worker ${place}`) } });
}

async function stop(drain: boolean): Promise<void> {
  // It has not begun to answer.
  if (answering === null) process.exit(0);
  await answering.stop({ drain });
  await exit(opened);
}
