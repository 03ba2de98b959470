/**
 * What every import has in common: rows come in batches, each is judged by itself, and is imported completely or not at all. A
 * dry run is the same code without the acts at its end. What was not imported is reported row by row; no secret, no hash and no
 * cell of a row is repeated.
 */
import type { ImportedCredential, ImportPorts } from './ports.ts';

/** A row of the source as it was read: texts from a table or CSV, any JSON value from JSON. */
export interface SourceRow {
  /** Its position, for people: `line 12`, `id 7`, `entry 3`. */
  readonly at: string;
  /** Null: it could not be read at all; `fault` says why. */
  readonly cells: Readonly<Record<string, unknown>> | null;
  readonly fault?: string;
}

/** Rows in batches of at most 500. */
export type Source = AsyncIterable<readonly SourceRow[]>;

/** A row that was not imported. */
export interface Problem {
  readonly what: 'user' | 'token' | 'key';
  readonly at: string;
  /** A code for programs. */
  readonly reason: string;
  /** A sentence for people. */
  readonly sentence: string;
}

export interface Tally {
  read: number;
  taken: number;
  /** Of an earlier run. */
  already: number;
  /** Expired, disabled or deleted in the source: there is nothing to import. */
  over: number;
  /** Each is among the problems. */
  refused: number;
}

/** What was imported with a change, or without a part; counted. */
export interface Notes {
  /** Names that were cut to 100 characters or lost control characters. */
  names: number;
  /** Imported without abilities that have no mapping. */
  abilities: number;
  /** Users imported without a password, because we cannot verify hashes of its kind. */
  passwords: number;
  /** Rate limits and counts of uses, which are not imported. */
  limits: number;
  /** Users whose address existed here already, verified on both sides. */
  merged: number;
}

export interface ImportReport {
  readonly dryRun: boolean;
  readonly origin: string;
  readonly users: Tally;
  readonly tokens: Tally;
  readonly keys: Tally;
  readonly notes: Notes;
  readonly problems: readonly Problem[];
}

export interface ImportWish {
  /** The name of the source from now on; two sources may both count from 1. */
  readonly origin: string;
  readonly dryRun: boolean;
  /** The permissions here for the abilities of the source. */
  readonly map: ReadonlyMap<string, readonly string[]>;
  readonly dropUnknownAbilities: boolean;
  /** Called after each batch. */
  readonly onProgress?: (report: ImportReport) => void;
}

/** Judged: `already` and `over` need no explanation; `refused` needs one. */
export type Judged<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly outcome: 'already' | 'over' }
  | RefusedRow;
export interface RefusedRow {
  readonly ok: false;
  readonly outcome: 'refused';
  readonly reason: string;
  readonly sentence: string;
}

export const refused = (reason: string, sentence: string): RefusedRow => ({ ok: false, outcome: 'refused', reason, sentence });
export const ALREADY = { ok: false, outcome: 'already' } as const;
export const OVER = { ok: false, outcome: 'over' } as const;

export class Run {
  readonly report: ImportReport & { readonly problems: Problem[] };
  readonly #wish: ImportWish;
  readonly #ports: ImportPorts;
  /** Secrets that this run has seen. The first 96 bits: at most a million of them are compared. */
  readonly #hashes = new Set<string>();

  constructor(ports: ImportPorts, wish: ImportWish) {
    this.#ports = ports;
    this.#wish = wish;
    this.report = {
      ...{ dryRun: wish.dryRun, origin: wish.origin, users: tally(), tokens: tally(), keys: tally() },
      notes: { names: 0, abilities: 0, passwords: 0, limits: 0, merged: 0 },
      problems: [],
    };
  }

  /** Counts what was judged; returns the value if the row is valid. */
  count<Value>(what: Problem['what'], at: string, judged: Judged<Value>): Value | null {
    const counts = this.#tallyOf(what);
    counts.read += 1;
    if (judged.ok) {
      counts.taken += 1;
      return judged.value;
    }
    counts[judged.outcome] += 1;
    if (judged.outcome === 'refused') this.#addProblem(what, at, judged);
    return null;
  }

  /** What the act found out too late: it was counted as imported. */
  takeBack(what: Problem['what'], at: string, why: RefusedRow): void {
    this.#tallyOf(what).taken -= 1;
    this.#tallyOf(what).refused += 1;
    this.#addProblem(what, at, why);
  }

  /** Whether a secret was in an earlier row of this run. */
  isRepeated(hash: string): boolean {
    const beginning = Buffer.from(hash.slice(0, 24), 'hex').toString('latin1');
    const isRepeated = this.#hashes.has(beginning);
    this.#hashes.add(beginning);
    return isRepeated;
  }

  /** The act at the end of a batch of credentials. */
  async take(rows: readonly { readonly at: string; readonly credential: ImportedCredential }[]): Promise<void> {
    const { origin, dryRun } = this.#wish;
    const { store, clock } = this.#ports;
    const credentials = rows.map(({ credential }) => credential);
    const taken = dryRun
      ? await this.#wouldTake(credentials)
      : await store.importCredentials({ origin, credentials, nowMs: clock.now() });
    for (const [index, { at, credential }] of rows.entries()) {
      if (taken[index] === 'known') this.takeBack(credential.kind, at, SECRET_KNOWN);
      if (taken[index] === 'inactive') this.takeBack(credential.kind, at, ACCOUNT_INACTIVE);
    }
    this.progress();
  }

  /** A user whom this import would create has no account yet. */
  async #wouldTake(credentials: readonly ImportedCredential[]): Promise<readonly ('taken' | 'inactive')[]> {
    const existing = [...new Set(credentials.map(({ accountId }) => accountId))].filter((id) => id !== NO_ACCOUNT_YET);
    const active = new Set([NO_ACCOUNT_YET, ...(await this.#ports.store.activeAccounts(existing))]);
    return credentials.map(({ accountId }) => (active.has(accountId) ? 'taken' : 'inactive'));
  }

  progress(): void {
    this.#wish.onProgress?.(this.report);
  }

  #tallyOf(what: Problem['what']): Tally {
    return what === 'user' ? this.report.users : what === 'token' ? this.report.tokens : this.report.keys;
  }

  #addProblem(what: Problem['what'], at: string, { reason, sentence }: RefusedRow): void {
    this.report.problems.push({ what, at, reason, sentence });
  }
}

/** Of users whom a dry run did not create. */
export const NO_ACCOUNT_YET = 0;

const ACCOUNT_INACTIVE = refused('account_inactive', 'Its account is suspended or was deleted, or its user is disabled.');
export const SECRET_KNOWN = refused('secret_known', 'Another credential here already has its secret.');
export const SECRET_TWICE = refused('secret_twice', 'Its secret is also in an earlier row.');

const tally = (): Tally => ({ read: 0, taken: 0, already: 0, over: 0, refused: 0 });
