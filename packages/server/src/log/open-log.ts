import { type LevelWithSilent, type Logger, pino } from 'pino';
import { LogStream } from './log-stream.ts';
import { openOutlet } from './outlet.ts';

export interface OpenedLog {
  readonly log: Logger;
  readonly stream: LogStream;
}

/**
 * The server's log: one JSON object per line, on standard output. `from`: names the process in each line, where several write to
 * the same place.
 */
export function openLog(level: LevelWithSilent, from: Readonly<Record<string, unknown>> | null = null): OpenedLog {
  const stream = new LogStream(openOutlet(1), { isShared: from !== null });
  const redact = ['req.headers.authorization', 'headers.authorization'];
  return { log: pino({ level, redact, base: from }, stream), stream };
}
