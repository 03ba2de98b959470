/**
 * What a command says if it does not do what was asked: a code for programs, sentences for people, and the exit code. Never a
 * stack, and never a text that looks like a credential, wherever it was typed.
 */

import { CommanderError } from 'commander';
import type { Fault } from '../core/lib/fault.ts';
import { mapOf } from '../core/lib/map-of.ts';

/** 0 done; 1 refused or failed; 2 wrong usage, found before anything was changed. */
export type ExitCode = 0 | 1 | 2;

export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly code: string;
  readonly exitCode: ExitCode;
  constructor(code: string, message: string, exitCode: ExitCode) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** Refused, or failed while running: exit 1. */
export function refusal(code: string, message: string): CommandFailure {
  return new CommandFailure(code, message, 1);
}

/** Why a wish was refused. */
export const refusalOfFaults = (faults: readonly Fault<string>[] = []): CommandFailure => refusal('invalid', sentencesOf(faults));

/** One sentence per line. */
export const sentencesOf = (faults: readonly Fault<string>[]): string => faults.map(({ sentence }) => sentence).join('\n');

/** The command line itself cannot be understood: exit 2. */
export function wrongUsage(message: string): CommandFailure {
  return new CommandFailure('usage', message, 2);
}

export interface Explained {
  readonly code: string;
  readonly message: string;
  readonly exitCode: ExitCode;
}

export function explain(error: unknown): Explained {
  if (error instanceof CommanderError) return explainUsage(error);
  const { code, message, exitCode } = error instanceof CommandFailure ? error : explainOther(error);
  return { code, message: withoutSecrets(message), exitCode };
}

/** Commander repeats what was typed, so text that could be a password in the wrong place is removed. */
function explainUsage({ message }: CommanderError): Explained {
  const told = message
    .replace(/^error: /, '')
    .replace(/^(too many arguments.*? but got \d+): [\s\S]*$/, '$1.')
    .replace(/(unknown option '--?[\w-]+)=[\s\S]*?'/, "$1'");
  return { code: 'usage', message: withoutSecrets(capitalized(told)), exitCode: 2 };
}

/** By name, not by class: the classes are in modules that a command may never have loaded. */
function explainOther(error: unknown): Explained {
  if (!(error instanceof Error)) return failed('failed', String(error));
  if (error.name === 'ConfigError') return failed('settings', error.message);
  const [known] = causesOf(error).flatMap((cause) => {
    const system = SYSTEM_SENTENCES.get(textProperty(cause, 'code'));
    return system === undefined ? [] : [failed(system.code, system.sentence(cause))];
  });
  if (known !== undefined) return known;
  // An error from another thread includes its stack; the first line is the message.
  const message = firstLine(error.message) || textProperty(error, 'code') || 'Something failed without an error message.';
  return failed(error.name === 'StoreUnavailable' ? 'store_unavailable' : 'failed', message);
}

/** The error, its causes, and the parts of one that combines several attempts. */
function causesOf(error: Error): readonly Error[] {
  const parts = [error.cause, ...(error instanceof AggregateError ? error.errors : [])];
  return [error, ...parts.filter((part) => part instanceof Error).flatMap(causesOf)];
}

const DATABASE = 'Check KEYHOUSE_DATABASE_URL.';

interface SystemSentence {
  readonly code: string;
  readonly sentence: (error: Error) => string;
}

/** The most frequent problems outside a program, in words. */
const SYSTEM_SENTENCES: ReadonlyMap<string, SystemSentence> = mapOf<SystemSentence>({
  EADDRINUSE: {
    code: 'address_in_use',
    sentence: (error) =>
      `Port ${textProperty(error, 'port')} is used by another program. Stop that program, or set KEYHOUSE_PORT (and KEYHOUSE_METRICS_PORT).`,
  },
  EADDRNOTAVAIL: {
    code: 'address_not_available',
    sentence: (error) => `This machine has no address ${textProperty(error, 'address')}. Check KEYHOUSE_HOST.`,
  },
  EACCES: { code: 'not_permitted', sentence: (error) => `Not permitted: ${firstLine(error.message)}.` },
  ENOENT: { code: 'not_found', sentence: (error) => `The file does not exist: ${textProperty(error, 'path')}.` },
  ECONNREFUSED: { code: 'store_unavailable', sentence: () => `The database does not accept connections. ${DATABASE}` },
  ENOTFOUND: { code: 'store_unavailable', sentence: () => `The host of the database cannot be found. ${DATABASE}` },
  ETIMEDOUT: { code: 'store_unavailable', sentence: () => `The database does not answer in time. ${DATABASE}` },
  '28P01': { code: 'store_unavailable', sentence: () => `PostgreSQL does not accept this user and password. ${DATABASE}` },
  '28000': { code: 'store_unavailable', sentence: () => `PostgreSQL does not allow this user to connect. ${DATABASE}` },
  '3D000': { code: 'store_unavailable', sentence: () => `PostgreSQL has no database of this name. ${DATABASE}` },
  SQLITE_NOTADB: { code: 'store_unavailable', sentence: () => `The file is not a SQLite database. ${DATABASE}` },
  SQLITE_CANTOPEN: { code: 'store_unavailable', sentence: () => `The database file cannot be opened. ${DATABASE}` },
  SQLITE_READONLY: { code: 'store_unavailable', sentence: () => 'This user may not write to the database file.' },
});

const failed = (code: string, message: string): Explained => ({ code, message, exitCode: 1 });

const DATABASE_URL = /(?:postgres|postgresql|mysql|mariadb):\/\//;

/** Removes everything that looks like a token, an API key or a JWT. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(?:\d{1,15}\|)?kh_[A-Za-z0-9_]{8,}/g, '[secret]')
    .replace(/eyJ[\w-]{8,}(\.[\w-]*)*/g, '[secret]')
    .split(/(\s+)/)
    .map(withoutPassword)
    .join('');
}

/** `postgres://user:password@host`: the password ends at the last `@` of the word, because it may contain one itself. */
function withoutPassword(word: string): string {
  const start = DATABASE_URL.exec(word);
  const end = word.lastIndexOf('@');
  if (start === null) return word;
  const from = start.index + start[0].length;
  const colon = word.indexOf(':', from);
  return colon < 0 || end < colon ? word : `${word.slice(0, colon)}:[secret]${word.slice(end)}`;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function textProperty(error: Error, name: string): string {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
