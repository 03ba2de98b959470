/** What a worker and the process that writes have in common: they do what the primary process says, and end when it has ended. */
import { VERSION } from '../http/version.ts';
import type { OpenedLog } from '../log/open-log.ts';
import type { FromChild, Start, ToChild } from './messages.ts';
import { sendable } from './sent-error.ts';

export function tellPrimary(message: FromChild): void {
  // With a function, so that nothing is thrown: it may just have ended.
  process.send?.(message, undefined, {}, () => {});
}

/** Calls back with each message. */
export function obeyPrimary(onMessage: (message: ToChild) => void): void {
  // Supervisors and terminals send them to all processes of a server; the primary process says what is to be done.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('message', onMessage);
}

/** Runs the start of this process, which ends if it fails. */
export async function startAsToldBy({ version }: Start, start: () => Promise<{ readonly port?: number }>): Promise<void> {
  try {
    if (version !== VERSION)
      throw new Error(
        `The program was replaced by version ${VERSION} while the server runs version ${version}. Restart the server.`,
      );
    tellPrimary({ kind: 'ready', ...(await start()) });
  } catch (error) {
    // It ends when the primary process knows why.
    process.send?.({ kind: 'failed', error: sendable(error) } satisfies FromChild, undefined, {}, () => process.exit(1));
  }
}

/** What is still to be logged is written first. */
export async function exit({ stream }: OpenedLog): Promise<never> {
  await stream.drain(LAST_LINES_MS);
  process.exit(0);
}

const LAST_LINES_MS = 200;
