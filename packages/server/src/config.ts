/**
 * Every setting, read in this one file and checked at once; all faults are reported together. The only file that reads the
 * environment. A secret may come from a file: `KEYHOUSE_SECRET_FILE` instead of `KEYHOUSE_SECRET`.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AddressBlock, parseBlock } from '@keyhouse/protocol';
import { ANY_DOMAIN, readDomain } from './core/providers/vouching.ts';

/** Another OpenID provider, as the operator is registered there. */
export interface ProviderSettings {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of the addresses that it may vouch for; empty: none. `*`: every domain, except for administrators. */
  readonly domains: readonly string[];
}

export interface Config {
  /** Public origin and issuer, without a path or a closing slash. Every link is built from it, never from a Host header. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** How many processes answer requests; 1: this one alone. */
  readonly workers: number;
  /** `sqlite:` with an absolute path, or `postgres://…`. */
  readonly databaseUrl: string;
  /** On PostgreSQL: how many connections requests and jobs share at most. */
  readonly databasePoolSize: number;
  /** Null on SQLite: it is kept next to the database file. */
  readonly secret: string | null;
  readonly secretPrevious: string | null;
  readonly admin: { readonly email: string; readonly password: string } | null;
  readonly signup: 'open' | 'invite' | 'closed';
  /** With `invite`: an invitation to a team opens registration too, not only an administrator's. */
  readonly teamInvitationsRegister: boolean;
  /** The mail server and the sender; null: mails are kept for the operator's page. */
  readonly mail: { readonly smtpUrl: string; readonly from: string } | null;
  /** Other OpenID providers that users may sign in with. */
  readonly providers: readonly ProviderSettings[];
  readonly trustedProxies: readonly AddressBlock[];
  /** Origins that may call `/api/v1` from a browser. */
  readonly corsOrigins: readonly string[];
  readonly maxJwtDays: number;
  /** A secret is old, and its owner reminded, after this many days; 0: never. */
  readonly remindSecretDays: number;
  readonly signingAlgorithm: 'ES256' | 'RS256';
  readonly metricsPort: number | null;
  /** For how long requests are answered after SIGTERM, while `/readyz` says that the server stops. */
  readonly drainSeconds: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

/** Reports everything that is wrong with the settings, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The settings cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const SECRETS = ['DATABASE_URL', 'SECRET', 'SECRET_PREVIOUS', 'ADMIN_PASSWORD', 'SMTP_URL', 'PROVIDERS'] as const;
const PLAIN = [
  'URL',
  'HOST',
  'PORT',
  'WORKERS',
  'DATABASE_POOL_SIZE',
  'ADMIN_EMAIL',
  'SIGNUP',
  'TEAM_INVITATIONS_REGISTER',
  'MAIL_FROM',
  'TRUSTED_PROXIES',
  'CORS_ORIGINS',
  'MAX_JWT_DAYS',
  'REMIND_SECRET_DAYS',
  'SIGNING_ALGORITHM',
  'METRICS_PORT',
  'DRAIN_SECONDS',
  'LOG_LEVEL',
] as const;
type Name = (typeof SECRETS)[number] | (typeof PLAIN)[number];

/** Read by the tests, not by the server. */
const OF_THE_TESTS = ['KEYHOUSE_VECTORS'];
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** A JWT that is valid for longer is like a password; ten years is beyond any use. */
const MAX_JWT_DAYS_SETTING = 3660;
/** More than one machine has cores for; each takes about a hundred megabytes. */
const MAX_WORKERS = 64;

/** @throws ConfigError that lists every fault. */
export function readConfig(environment: Environment = process.env): Config {
  const faults: string[] = [];
  const read = reader(environment, faults);
  refuseUnknown(environment, faults);

  const config: Config = {
    url: readUrl(read('URL') ?? 'http://localhost:4141', faults),
    host: readHost(read('HOST') ?? '127.0.0.1', faults),
    port: readNumber('PORT', read('PORT') ?? '4141', 0, 65_535, faults),
    workers: readWorkers(read('WORKERS') ?? '1', faults),
    databaseUrl: readDatabaseUrl(read('DATABASE_URL') ?? 'sqlite:./data/keyhouse.db', faults),
    databasePoolSize: readNumber('DATABASE_POOL_SIZE', read('DATABASE_POOL_SIZE') ?? '20', 2, 1000, faults),
    secret: readSecret('SECRET', read('SECRET'), faults),
    secretPrevious: readSecret('SECRET_PREVIOUS', read('SECRET_PREVIOUS'), faults),
    admin: readAdmin(read('ADMIN_EMAIL'), read('ADMIN_PASSWORD'), faults),
    signup: readChoice('SIGNUP', read('SIGNUP') ?? 'open', ['open', 'invite', 'closed'], faults),
    teamInvitationsRegister:
      readChoice('TEAM_INVITATIONS_REGISTER', read('TEAM_INVITATIONS_REGISTER') ?? 'no', ['no', 'yes'], faults) === 'yes',
    mail: readMail(read('SMTP_URL'), read('MAIL_FROM'), faults),
    providers: readProviders(read('PROVIDERS'), faults),
    trustedProxies: readBlocks(read('TRUSTED_PROXIES') ?? '', faults),
    corsOrigins: readOrigins(read('CORS_ORIGINS') ?? '', faults),
    maxJwtDays: readNumber('MAX_JWT_DAYS', read('MAX_JWT_DAYS') ?? '366', 1, MAX_JWT_DAYS_SETTING, faults),
    remindSecretDays: readNumber('REMIND_SECRET_DAYS', read('REMIND_SECRET_DAYS') ?? '365', 0, 3660, faults),
    signingAlgorithm: readChoice('SIGNING_ALGORITHM', read('SIGNING_ALGORITHM') ?? 'ES256', ['ES256', 'RS256'], faults),
    metricsPort: readOptionalPort(read('METRICS_PORT'), faults),
    drainSeconds: readNumber('DRAIN_SECONDS', read('DRAIN_SECONDS') ?? '5', 0, 300, faults),
    logLevel: readChoice('LOG_LEVEL', read('LOG_LEVEL') ?? 'info', LOG_LEVELS, faults),
  };
  if (config.teamInvitationsRegister && config.signup === 'closed')
    faults.push('KEYHOUSE_TEAM_INVITATIONS_REGISTER=yes contradicts KEYHOUSE_SIGNUP=closed. Use KEYHOUSE_SIGNUP=invite.');
  if (config.databaseUrl.startsWith('postgres') && config.secret === null) {
    faults.push('KEYHOUSE_SECRET is required with PostgreSQL: any text of at least 32 bytes, for example 64 random hex digits.');
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** An empty value counts as not set, as in a `.env` file that names everything. */
function reader(environment: Environment, faults: string[]): (name: Name) => string | null {
  return (name) => {
    const value = environment[`KEYHOUSE_${name}`] || null;
    const isSecret = (SECRETS as readonly string[]).includes(name);
    const file = isSecret ? environment[`KEYHOUSE_${name}_FILE`] || null : null;
    if (file === null) return value;
    if (value !== null) faults.push(`KEYHOUSE_${name} and KEYHOUSE_${name}_FILE are both set. Set only one of them.`);
    try {
      return readFileSync(resolve(baseFolder(), file), 'utf8').replace(/\r?\n$/, '');
    } catch {
      faults.push(`KEYHOUSE_${name}_FILE: the file cannot be read.`);
      return null;
    }
  };
}

/** A misspelt setting has no effect; nobody may learn that from an open door. */
function refuseUnknown(environment: Environment, faults: string[]): void {
  const known = new Set([
    ...PLAIN.map((name) => `KEYHOUSE_${name}`),
    ...SECRETS.flatMap((name) => [`KEYHOUSE_${name}`, `KEYHOUSE_${name}_FILE`]),
    ...OF_THE_TESTS,
  ]);
  for (const name of Object.keys(environment)) {
    if (name.startsWith('KEYHOUSE_') && !known.has(name)) faults.push(`${name} is not a setting.`);
  }
}

function readUrl(text: string, faults: string[]): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/$/, '').toLowerCase();
  if (!isOrigin) faults.push('KEYHOUSE_URL must be an origin without a path, such as https://keys.example.com.');
  return url?.origin ?? '';
}

function readHost(text: string, faults: string[]): string {
  if (isIP(text) === 0 && !/^[A-Za-z0-9.-]+$/.test(text)) faults.push('KEYHOUSE_HOST must be an address or a host name.');
  return text;
}

function readNumber(name: Name, text: string, min: number, max: number, faults: string[]): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) faults.push(`KEYHOUSE_${name} must be a whole number from ${min} to ${max}.`);
  return value;
}

/** `auto`: one for each core that this process may use. */
function readWorkers(text: string, faults: string[]): number {
  if (text === 'auto') return Math.min(MAX_WORKERS, availableParallelism());
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= MAX_WORKERS))
    faults.push(`KEYHOUSE_WORKERS must be auto, or a whole number from 1 to ${MAX_WORKERS}.`);
  return value;
}

const readOptionalPort = (text: string | null, faults: string[]): number | null =>
  text === null ? null : readNumber('METRICS_PORT', text, 0, 65_535, faults);

function readDatabaseUrl(text: string, faults: string[]): string {
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  const path = text.startsWith('sqlite:') ? text.slice('sqlite:'.length) : '';
  // The text may contain a password, so the fault does not repeat it.
  if (path === '' || path.startsWith(':') || path.includes('?')) {
    faults.push('KEYHOUSE_DATABASE_URL must be sqlite:PATH or postgres://….');
    return '';
  }
  return `sqlite:${resolve(baseFolder(), path)}`;
}

function readSecret(name: 'SECRET' | 'SECRET_PREVIOUS', text: string | null, faults: string[]): string | null {
  if (text !== null && Buffer.byteLength(text) < 32) faults.push(`KEYHOUSE_${name} must have at least 32 bytes.`);
  return text;
}

function readAdmin(email: string | null, password: string | null, faults: string[]): Config['admin'] {
  if (email === null && password === null) return null;
  if (email === null || password === null) {
    faults.push('KEYHOUSE_ADMIN_EMAIL and KEYHOUSE_ADMIN_PASSWORD must be set together.');
    return null;
  }
  return { email, password };
}

/** The text may contain a password, so no fault repeats it. */
function readMail(smtpUrl: string | null, from: string | null, faults: string[]): Config['mail'] {
  if (smtpUrl === null && from === null) return null;
  if (smtpUrl === null || from === null) faults.push('KEYHOUSE_SMTP_URL and KEYHOUSE_MAIL_FROM must be set together.');
  if (smtpUrl !== null && !isSmtpUrl(smtpUrl))
    faults.push('KEYHOUSE_SMTP_URL must be smtp://host:587 or smtps://user:password@host:465, without a path.');
  if (from !== null && !/^(?:[^<>@\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(from))
    faults.push('KEYHOUSE_MAIL_FROM must be an address such as keys@example.com or Example <keys@example.com>.');
  return smtpUrl === null || from === null ? null : { smtpUrl, from };
}

/** Options after a `?` are refused: they could turn off TLS and its checks. */
function isSmtpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') return false;
  return /^\/?$/.test(url.pathname) && !/[?#]/.test(text) && isDecodable(url.username) && isDecodable(url.password);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON, which contains secrets: no fault repeats it. */
function readProviders(text: string | null, faults: string[]): readonly ProviderSettings[] {
  if (text === null) return [];
  const list = parseJson(text);
  if (!Array.isArray(list)) {
    faults.push('KEYHOUSE_PROVIDERS must be a JSON list of {"id","name","issuer","client_id","client_secret"}.');
    return [];
  }
  const providers = list.map((item: unknown, index) => readProvider(item, index + 1, faults));
  if (new Set(providers.map(({ id }) => id)).size < providers.length)
    faults.push('KEYHOUSE_PROVIDERS: every id must be different.');
  return providers;
}

function readProvider(item: unknown, number: number, faults: string[]): ProviderSettings {
  const member = (name: string): string => {
    const value = typeof item === 'object' && item !== null ? Reflect.get(item, name) : undefined;
    if (typeof value === 'string' && value !== '') return value;
    faults.push(`KEYHOUSE_PROVIDERS: provider ${number} has no ${name}.`);
    return '';
  };
  const provider = {
    id: member('id'),
    name: member('name'),
    issuer: member('issuer'),
    clientId: member('client_id'),
    clientSecret: member('client_secret'),
    domains: readDomains(item, number, faults),
  };
  if (provider.id !== '' && !/^[a-z0-9-]{1,32}$/.test(provider.id))
    faults.push(`KEYHOUSE_PROVIDERS: the id of provider ${number} must have 1 to 32 of a-z, 0-9 and -.`);
  const issuer = URL.canParse(provider.issuer) ? new URL(provider.issuer) : null;
  const isHere = issuer !== null && ['localhost', '127.0.0.1', '[::1]'].includes(issuer.hostname);
  if (provider.issuer !== '' && !(issuer?.protocol === 'https:' || (issuer?.protocol === 'http:' && isHere)))
    faults.push(`KEYHOUSE_PROVIDERS: the issuer of provider ${number} must be an https URL.`);
  return provider;
}

/** Left out: none. */
function readDomains(item: unknown, number: number, faults: string[]): readonly string[] {
  const listed: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'domains') : undefined;
  if (listed === undefined) return [];
  const domains = Array.isArray(listed)
    ? listed.map((each: unknown) => (each === ANY_DOMAIN ? ANY_DOMAIN : typeof each === 'string' ? readDomain(each) : null))
    : [null];
  if (domains.includes(null))
    faults.push(
      `KEYHOUSE_PROVIDERS: the domains of provider ${number} must be a list of complete domains such as ["example.com"], or ["*"].`,
    );
  return domains.filter((each) => each !== null);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readChoice<Choice extends string>(name: Name, text: string, choices: readonly Choice[], faults: string[]): Choice {
  const chosen = choices.find((choice) => choice === text);
  if (chosen === undefined) faults.push(`KEYHOUSE_${name} must be one of ${choices.join(', ')}.`);
  return chosen ?? (choices[0] as Choice);
}

function readBlocks(text: string, faults: string[]): readonly AddressBlock[] {
  return splitList(text).flatMap((item) => {
    const block = parseBlock(item);
    if (block.ok) return [block.value];
    faults.push(`KEYHOUSE_TRUSTED_PROXIES: ${item} is not an address or a block such as 10.0.0.0/8.`);
    return [];
  });
}

function readOrigins(text: string, faults: string[]): readonly string[] {
  return splitList(text).map((item) => {
    if (!URL.canParse(item) || new URL(item).origin !== item) {
      faults.push(`KEYHOUSE_CORS_ORIGINS: ${item} is not an origin such as https://app.example.com.`);
    }
    return item;
  });
}

const splitList = (text: string): string[] => text.split(/[\s,]+/).filter((item) => item !== '');

/** The repository's root when running from a checkout; the folder where it was started when installed. */
function baseFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return here.includes(`${sep}node_modules${sep}`) ? process.cwd() : join(here, '..', '..', '..');
}
