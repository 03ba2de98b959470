/**
 * Prints each SQL statement as it runs, with its time and without its values, on standard error: `npm run dev -- --sql`, or
 * `node --import ./scripts/show-sql.ts packages/server/bin/keyhouse.js …`. For development only; nothing of it is shipped.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const fromServer = createRequire(new URL('../packages/server/package.json', import.meta.url));

/** Polled many times a second while nothing happens. */
const QUIET = /data_version|^(begin|commit|rollback|savepoint|release)\b|"changes"."number" >|from "changes"/i;

/** `by`: which connection. */
function show(by: string, sql: string, startedAt: number): void {
  if (QUIET.test(sql)) return;
  const ms = (performance.now() - startedAt).toFixed(1);
  process.stderr.write(`sql ${by} ${ms} ms: ${sql.replace(/\s+/g, ' ').trim()}\n`);
}

type Method = (this: unknown, ...values: unknown[]) => unknown;

/** Replaces a method by `around`, whatever the types of the library say. */
function wrap(owner: object, name: string, around: (method: Method) => Method): void {
  const method: unknown = Reflect.get(owner, name);
  if (typeof method === 'function') Reflect.set(owner, name, around(method as Method));
}

// SQLite: statements are prepared once and run often.
wrap(fromServer('better-sqlite3').prototype, 'prepare', (prepare) => {
  return function (this: unknown, ...given) {
    const statement = prepare.apply(this, given) as object;
    const by = Reflect.get(this as object, 'readonly') !== true ? 'writer' : isMainThread ? 'reader' : 'long reader';
    for (const name of ['run', 'get', 'all', 'iterate'])
      wrap(statement, name, (run) => {
        return (...values) => {
          const startedAt = performance.now();
          const answer = run.apply(statement, values);
          show(by, String(given[0]), startedAt);
          return answer;
        };
      });
    return statement;
  };
});

// PostgreSQL: a text, or an object with `text`. Kysely waits for a promise.
wrap(fromServer('pg').Client.prototype, 'query', (query) => {
  return function (this: unknown, ...given) {
    const startedAt = performance.now();
    const [first] = given;
    showTogether(first, startedAt);
    const answer = query.apply(this, given);
    const sql = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text;
    if (sql !== undefined && answer instanceof Promise)
      answer.then(
        () => show('postgres', sql, startedAt),
        () => show('postgres', `failed: ${sql}`, startedAt),
      );
    return answer;
  };
});

/** Statements that are sent in one round trip (`postgres/one-trip.ts`). They have a callback, and no promise. */
function showTogether(sent: unknown, startedAt: number): void {
  const { texts } = (sent ?? {}) as { texts?: readonly string[] };
  if (texts === undefined) return;
  wrap(sent as object, 'callback', (callback) => {
    return function (this: unknown, ...answer) {
      for (const text of texts) show('postgres', `${answer[0] === null ? '' : 'failed: '}${text}`, startedAt);
      return callback.apply(this, answer);
    };
  });
}
