/** Where the process that writes listens: a socket in a folder that only the user of the server may enter. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The system keeps the path of a socket in 104 bytes or a few more, with a zero at the end. */
const MAX_PATH_BYTES = 103;

/** Usually below the folder for temporary files. Next to the database where there is none, or its name is too long. */
export function makeSocketPath(databasePath: string): string {
  const faults: unknown[] = [];
  for (const parent of [tmpdir(), dirname(databasePath)]) {
    try {
      const path = join(mkdtempSync(join(parent, 'keyhouse-')), 'writer');
      if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return path;
      removeSocket(path);
    } catch (error) {
      faults.push(error);
    }
  }
  throw new AggregateError(
    faults,
    'With several workers, a socket is needed in the folder for temporary files (TMPDIR) or next to the database. Neither can be written, or their paths are too long.',
  );
}

export function removeSocket(path: string): void {
  rmSync(dirname(path), { recursive: true, force: true });
}
