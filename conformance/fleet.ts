/** `keyhouse serve` in processes of its own over one database, as an operator runs it. Nothing here needs the test runner. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { readConfig } from '../packages/server/src/config.ts';
import { openKeyhouse } from '../packages/server/src/open.ts';
import type { TestDatabase } from '../packages/server/test/databases.ts';
import { programPath, type RunningProgram, startProgram } from '../packages/server/test/program.ts';
import { freePort } from './free-port.ts';

export interface Fleet {
  /** Where the first of them listens. */
  readonly issuer: string;
  /** Where each listens; all of them speak for the issuer. */
  readonly origins: readonly string[];
  /** A command of the operator beside them, whose `--json` is read. */
  run(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
  /** So many new API keys of a new account, made beside the servers in one go. */
  newKeys(count: number): Promise<readonly string[]>;
  /** Ends them, and removes the database. */
  stop(): Promise<void>;
}

export async function startFleet(database: TestDatabase, servers: number): Promise<Fleet> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const settings = {
    KEYHOUSE_URL: issuer,
    KEYHOUSE_DATABASE_URL: database.url,
    // On SQLite it lies beside the file, unless it is given.
    KEYHOUSE_SECRET: randomBytes(32).toString('hex'),
  };
  const programs: RunningProgram[] = [];
  const stop = async (): Promise<void> => {
    for (const program of programs) await program.stop();
    await database.drop();
  };
  try {
    programs.push(await startProgram({ ...settings, KEYHOUSE_PORT: String(port) }));
    for (let more = 1; more < servers; more++) programs.push(await startProgram(settings));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    issuer,
    origins: programs.map(({ origin }) => origin),
    stop,
    run: async (...args) => {
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...settings };
      const { stdout } = await promisify(execFile)(process.execPath, [await programPath(), ...args, '--json'], { env });
      return JSON.parse(stdout);
    },
    newKeys: (count) => newKeys(settings, count),
  };
}

/** As the command line does it, without a process for each. */
async function newKeys(settings: Readonly<Record<string, string>>, count: number): Promise<readonly string[]> {
  const { keyhouse } = await openKeyhouse(readConfig(settings), SILENT);
  try {
    await keyhouse.prepare();
    const user = await keyhouse.users.create({
      email: `${randomUUID()}@example.com`,
      password: randomUUID(),
      isAdministrator: false,
      by: OPERATOR,
    });
    if (!user.ok) throw new Error(user.reason);
    const wish = { accountId: user.value.accountId, name: 'trial', environment: 'live', source: 'command-line' } as const;
    const keys: string[] = [];
    while (keys.length < count) {
      const made = await keyhouse.credentials.createKey(
        { ...wish, permissions: null, addresses: null, expiresAtMs: null },
        OPERATOR,
      );
      if (!made.ok) throw new Error(made.reason);
      keys.push(made.value.text);
    }
    return keys;
  } finally {
    await keyhouse.close();
  }
}

const OPERATOR = { actor: 'operator', requestId: null, person: {} } as const;
const SILENT = { info() {}, warn() {}, error() {} };
