/**
 * What the doctor finds in the database: whether it answers, what is missing, and whether secret, keys, clock and record are
 * right.
 */
import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { OpenedStore } from '../store/opened.ts';
import type { ConnectionFigures } from '../store/postgres/figures.ts';
import { type Check, good, noteworthy, wrong } from './doctor-machine.ts';
import { explain } from './failure.ts';
import { readableTime } from './output.ts';
import { sqliteFile } from './with-keyhouse.ts';

const DAY_MS = 86_400_000;
/** Signing keys are rotated after the set number of days; a week later something has prevented it. */
const OVERDUE_AFTER_DAYS = 7;
/** Two machines' clocks may differ by this much without a problem. */
const CLOCK_TOLERANCE_MS = 60_000;
/** Chained each second while a server runs. */
const CHAINED_WITHIN_MS = 60_000;
/** A correct clock never shows less: this program was written then. */
const WRITTEN_AT_MS = Date.UTC(2026, 10, 1);

export async function checkContents(config: Config): Promise<readonly Check[]> {
  const file = sqliteFile(config);
  if (file !== null && !existsSync(file))
    return [
      noteworthy('database', `There is no database at ${file} yet.`, 'The first start of the server creates it.'),
      checkClock(null),
    ];
  try {
    const { findConnectionFigures, openStore, pendingMigrations } = await import('../store/open.ts');
    const pending = await pendingMigrations(config.databaseUrl);
    if (pending.length > 0) {
      const names = pending.map(({ name }) => name).join(', ');
      return [
        noteworthy(
          'database',
          `It answers, but these migrations are missing: ${names}.`,
          "Start the server, or run 'keyhouse migrate'.",
        ),
        checkClock(null),
      ];
    }
    const store = await openStore({ url: config.databaseUrl, onWarning: () => {}, migrations: 'check' });
    try {
      const figures = await findConnectionFigures(config.databaseUrl);
      const checks = await examine(store, config, file);
      return figures === null ? checks : [...checks, checkConnections(figures, config)];
    } finally {
      await store.close();
    }
  } catch (error) {
    return [wrong('database', explain(error).message, 'Nothing works without it. Fix this first.'), checkClock(null)];
  }
}

async function examine(store: OpenedStore, config: Config, file: string | null): Promise<readonly Check[]> {
  await store.check();
  const [newest] = await store.audit.list({ limit: 1 });
  return [
    good('database', `${file ?? 'PostgreSQL'} answers, and every migration is applied.`),
    ...(await checkSecretAndKeys(store, config)),
    checkClock(newest?.atMs ?? null),
    await checkAudit(store),
    await checkAdministrator(store),
  ];
}

async function checkSecretAndKeys(store: OpenedStore, config: Config): Promise<readonly Check[]> {
  const { MasterSecret } = await import('../core/lib/master-secret.ts');
  const { openSigningKeys } = await import('../core/signing-keys/signing-key.ts');
  const { rotationDays } = await import('../core/signing-keys/rotate.ts');
  const secrets = (await readSecretTexts(config)).map((text) => new MasterSecret(text));
  const recorded = await store.masterSecret.secretCheck();
  const at = secrets.findIndex(({ check }) => check === recorded);
  if (recorded !== null && at < 0) {
    const todo = 'Use the secret that the database was created with. Without it, the sealed keys cannot be opened.';
    return [wrong('master secret', 'It is not the master secret of this database.', todo)];
  }
  const fits =
    at > 0
      ? noteworthy('master secret', 'The database still uses the previous one.', "Run 'keyhouse secret rotate'.")
      : good(
          'master secret',
          recorded === null ? 'The database has no record of one yet.' : 'It is the master secret of this database.',
        );
  const keys = await store.signingKeys.listSigningKeys();
  const current = keys.find(({ state }) => state === 'current');
  if (current === undefined)
    return [fits, noteworthy('signing keys', 'There are no signing keys yet.', 'The first start of the server creates them.')];
  const ring = await openSigningKeys(keys, secrets);
  if (!ring.ok)
    return [
      fits,
      wrong('signing keys', `They cannot be opened: ${ring.reason}.`, 'Restore a backup, or use the secret that sealed them.'),
    ];
  const days = Math.floor((Date.now() - (current.signingSinceMs ?? current.createdAtMs)) / DAY_MS);
  const finding = `They can be opened. The current one has been signing for ${days} ${days === 1 ? 'day' : 'days'}.`;
  const maxDays = await rotationDays(store);
  return [
    fits,
    days > maxDays + OVERDUE_AFTER_DAYS
      ? noteworthy(
          'signing keys',
          finding,
          `A running server rotates them after ${maxDays} days. Check that one is running, or run 'keyhouse signing-key rotate'.`,
        )
      : good('signing keys', finding),
  ];
}

/** The secrets in use, the current one first, without creating any. */
async function readSecretTexts(config: Config): Promise<readonly string[]> {
  const file = sqliteFile(config);
  if (config.secret === null && file !== null) {
    const { readSecretFile } = await import('../secret-file.ts');
    const kept = readSecretFile(file);
    return [kept?.secret ?? null, kept?.previous ?? config.secretPrevious].filter((text) => text !== null);
  }
  return [config.secret, config.secretPrevious].filter((text) => text !== null);
}

/** Outside its pool a server has one connection that polls the list of changes, and one that listens. */
const OUTSIDE_THE_POOL = 2;

/** Whether PostgreSQL can give one server what it may ask for. */
export function checkConnections(
  { max, used, isDirect }: ConnectionFigures,
  { databasePoolSize, workers }: Pick<Config, 'databasePoolSize' | 'workers'>,
): Check {
  const wanted = (databasePoolSize + OUTSIDE_THE_POOL) * workers;
  if (!isDirect)
    return good('connections', `PostgreSQL is behind a connection pooler. A server opens at most ${wanted} connections to it.`);
  const finding = `PostgreSQL has ${max} connections, ${used} of them in use. Each server uses at most ${wanted}.`;
  if (wanted <= max) return good('connections', finding);
  const lower = workers === 1 ? 'Lower KEYHOUSE_DATABASE_POOL_SIZE' : 'Lower KEYHOUSE_DATABASE_POOL_SIZE or KEYHOUSE_WORKERS';
  return noteworthy('connections', finding, `${lower}, or raise max_connections in PostgreSQL.`);
}

function checkClock(newestEventMs: number | null): Check {
  const nowMs = Date.now();
  const todo = 'Set the clock and synchronise it (NTP). Expiry and revocation depend on it.';
  if (nowMs < WRITTEN_AT_MS) return wrong('clock', `It says ${readableTime(nowMs)}, which is too far in the past.`, todo);
  if (newestEventMs !== null && newestEventMs > nowMs + CLOCK_TOLERANCE_MS)
    return wrong('clock', `It says ${readableTime(nowMs)}, but the newest event is from ${readableTime(newestEventMs)}.`, todo);
  return good('clock', readableTime(nowMs));
}

async function checkAudit(store: OpenedStore): Promise<Check> {
  const head = await store.audit.head();
  const [oldest] = await store.audit.unchained(1);
  const finding = `The head is ${head.number}:${head.hash}.`;
  if (oldest !== undefined && oldest.atMs < Date.now() - CHAINED_WITHIN_MS)
    return noteworthy(
      'audit',
      `${finding} Events since ${readableTime(oldest.atMs)} are not chained yet.`,
      'A running server chains them.',
    );
  return good('audit', finding);
}

async function checkAdministrator(store: OpenedStore): Promise<Check> {
  const count = await store.accounts.countAdministrators();
  if (count > 0) return good('administrators', String(count));
  return noteworthy(
    'administrators',
    'There is no administrator.',
    "Run 'keyhouse user create --email you@example.com --administrator'.",
  );
}
