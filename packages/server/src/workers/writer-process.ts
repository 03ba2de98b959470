/** The process that writes to the SQLite file for all workers. */
import { rmSync } from 'node:fs';
import { endOnUncaughtError } from '../log/last-words.ts';
import { type OpenedLog, openLog } from '../log/open-log.ts';
import { WriterServer } from '../store/sqlite/writer-server.ts';
import { exit, obeyPrimary, startAsToldBy, tellPrimary } from './child.ts';
import type { StartWriter } from './messages.ts';
import { nodeFigures } from './node-figures.ts';
import { removeSocket } from './socket-folder.ts';

let server: WriterServer | null = null;
let opened: OpenedLog;
let socketPath: string | null = null;
/** Workers that ended before the server was there. */
const gone = new Set<number>();

// If the primary process was killed, it could not do it.
process.on('disconnect', () => socketPath !== null && removeSocket(socketPath));
obeyPrimary((message) => {
  if (message.kind === 'start' && message.start.kind === 'writer') start(message.start);
  else if (message.kind === 'forget') forget(message.member);
  else if (message.kind === 'figures') void tellFigures(message.id);
  else if (message.kind === 'stop') void stop();
});

function start(how: StartWriter): void {
  process.title = 'keyhouse writer';
  void startAsToldBy(how, async () => {
    socketPath = how.socketPath;
    opened = openLog(how.logLevel, { worker: 'writer' });
    endOnUncaughtError(opened);
    // The previous one was killed, and has left it behind.
    rmSync(how.socketPath, { force: true });
    server = new WriterServer(how.databasePath);
    for (const member of how.members) if (!gone.has(member)) server.expect(member);
    await server.listen(how.socketPath);
    return {};
  });
}

function forget(member: number): void {
  gone.add(member);
  server?.forget(member);
}

async function tellFigures(id: number): Promise<void> {
  tellPrimary({ kind: 'figures', id, figures: { own: null, node: await nodeFigures('writer') } });
}

async function stop(): Promise<void> {
  server?.close();
  await exit(opened);
}
