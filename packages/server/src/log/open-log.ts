import { type LevelWithSilent, type Logger, pino } from 'pino';
import { LogStream } from './log-stream.ts';
import { openOutlet } from './outlet.ts';

export interface OpenedLog {
  readonly log: Logger;
  readonly stream: LogStream;
}

/** The server's log: one JSON object per line, on standard output. */
export function openLog(level: LevelWithSilent): OpenedLog {
  const stream = new LogStream(openOutlet(1));
  const redact = ['req.headers.authorization', 'headers.authorization'];
  return { log: pino({ level, redact, base: null }, stream), stream };
}
