/**
 * A Laravel application's database as its public migrations create it (laravel/laravel `create_users_table`, laravel/sanctum
 * `create_personal_access_tokens_table`), on SQLite, PostgreSQL or MySQL, with tokens of every form that Sanctum has issued.
 */
import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import SQLite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

export interface SanctumUser {
  readonly id: number;
  readonly email: string;
  readonly name?: string;
  /** A hash; empty by default. */
  readonly password?: string | null;
  /** `2024-05-06 07:08:09`; null: never. */
  readonly verified?: string | null;
  readonly created?: string | null;
}

export interface SanctumToken {
  readonly id: number;
  readonly user: number;
  /** What comes after the bar. */
  readonly secret: string;
  readonly name?: string;
  readonly abilities?: string | null;
  readonly model?: string;
  readonly lastUsed?: string | null;
  readonly expires?: string | null;
  readonly created?: string | null;
}

export interface SanctumData {
  readonly users: readonly SanctumUser[];
  readonly tokens: readonly SanctumToken[];
}

/** Of `correct horse battery staple`, by crypt(3), at Laravel's default cost and the previous default. */
export const BCRYPT_12 = '$2y$12$Zm9vYmFyYmF6cXV4cXV1eOtNQ9JP0pOqgE.NA8zI70dM1DEdIyLtO';
export const BCRYPT_10 = '$2y$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `Str::random`. */
export const random = (length: number): string => Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');

/** What `createToken` has returned since Sanctum 3.3: the prefix of config/sanctum.php, forty letters, their crc32b. */
export function newSecret(prefix = ''): string {
  const entropy = random(40);
  return `${prefix}${entropy}${crc32(entropy).toString(16).padStart(8, '0')}`;
}

const TABLES = [
  `CREATE TABLE users (id bigint NOT NULL PRIMARY KEY, name varchar(255) NOT NULL, email varchar(255) NOT NULL UNIQUE,
    email_verified_at timestamp NULL, password varchar(255), remember_token varchar(100), created_at timestamp NULL, updated_at timestamp NULL)`,
  `CREATE TABLE personal_access_tokens (id bigint NOT NULL PRIMARY KEY, tokenable_type varchar(255) NOT NULL, tokenable_id bigint NOT NULL,
    name text NOT NULL, token varchar(64) NOT NULL UNIQUE, abilities text, last_used_at timestamp NULL, expires_at timestamp NULL,
    created_at timestamp NULL, updated_at timestamp NULL)`,
];

const CREATED = '2024-05-06 07:08:09';

type Run = (sql: string, values?: readonly (string | number | null)[]) => Promise<unknown>;

/** Creates both tables in an empty database and fills them. */
export async function makeSanctum(url: string, data: SanctumData): Promise<void> {
  const { run, close } = await connect(url);
  for (const table of TABLES) await run(table);
  await fillSanctum(run, data);
  await close();
}

/** More rows, as if the application had continued. */
export async function addToSanctum(url: string, data: SanctumData): Promise<void> {
  const { run, close } = await connect(url);
  await fillSanctum(run, data);
  await close();
}

async function fillSanctum(run: Run, { users, tokens }: SanctumData): Promise<void> {
  for (const user of users)
    await run('INSERT INTO users (id, name, email, email_verified_at, password, created_at) VALUES (?, ?, ?, ?, ?, ?)', [
      ...[user.id, user.name ?? 'Ada Lovelace', user.email, user.verified ?? null],
      ...[user.password === undefined ? '' : user.password, user.created === undefined ? CREATED : user.created],
    ]);
  for (const token of tokens)
    await run(
      `INSERT INTO personal_access_tokens (id, tokenable_type, tokenable_id, name, token, abilities, last_used_at, expires_at, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        ...[token.id, token.model ?? 'App\\Models\\User', token.user, token.name ?? 'laptop'],
        createHash('sha256').update(token.secret).digest('hex'),
        token.abilities === undefined ? '["*"]' : token.abilities,
        ...[token.lastUsed ?? null, token.expires ?? null, token.created === undefined ? CREATED : token.created],
      ],
    );
}

/** Runs statements with `?` for values on any of the three. */
export async function connect(url: string): Promise<{ run: Run; close: () => Promise<void> }> {
  if (url.startsWith('sqlite:')) {
    const database = new SQLite(url.slice('sqlite:'.length));
    return { run: async (sql, values = []) => database.prepare(sql).run(...values), close: async () => void database.close() };
  }
  if (url.startsWith('postgres')) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const numbered = (sql: string): string => {
      let number = 0;
      return sql.replace(/\?/g, () => `$${++number}`);
    };
    return { run: (sql, values = []) => client.query(numbered(sql), [...values]), close: () => client.end() };
  }
  const connection = await createConnection(url);
  return { run: (sql, values = []) => connection.execute(sql, [...values]), close: () => connection.end() };
}
