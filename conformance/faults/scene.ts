/** Servers in processes of their own over one database, somebody who writes to them, and the ledger of what they acknowledged. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningProgram, startProgram } from '../../packages/server/test/program.ts';
import { PATIENCE_MS } from '../../test/patience.ts';
import { refresh } from './acts.ts';
import { checkDatabase, type Head } from './check-database.ts';
import { checkDoors, type Doors, type Manner } from './check-doors.ts';
import { openClient } from './client.ts';
import { Ledger, readLedger, type Thing } from './ledger.ts';
import { createPerson } from './people.ts';
import { Writer } from './writer.ts';

/** Every request is sent under this name; nobody listens there. */
export const ISSUER = 'http://localhost:4141';
const WRITERS = 8;
const EVERY_MS = 50;
/** Sign-ins that a kill cut off count as failures for their address, ten in five minutes. */
const SIGN_IN_WITHIN_MS = 2 * PATIENCE_MS;
const SIGN_IN_EVERY_MS = 1000;
/** The latest are looked at after each fault, and as many of the others as make each look equally long; all of them in the end. */
const LATEST = 300;
const OTHERS = 100;

export interface SceneOptions {
  /** `postgres://…`; left out: an SQLite file of its own. */
  readonly databaseUrl?: string;
}

/** What came of a fault. */
export interface Told {
  readonly faults: readonly string[];
  readonly figures: string;
  readonly acknowledged: number;
}

export class Scene {
  /** For files of the harness; the SQLite database lies in it too. */
  readonly folder = mkdtempSync(join(tmpdir(), 'keyhouse-faults-'));
  readonly settings: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly faults: string[] = [];
  readonly startsMs: number[] = [];
  readonly client = openClient(ISSUER);
  /** Where APIs behind guards listen. */
  guards: readonly string[] = [];
  readonly #writers: Writer[] = [];
  #servers: RunningProgram[] = [];
  readonly #heads: Head[] = [];

  constructor({ databaseUrl }: SceneOptions = {}) {
    this.settings = {
      KEYHOUSE_URL: ISSUER,
      KEYHOUSE_DATABASE_URL: databaseUrl ?? `sqlite:${join(this.folder, 'keyhouse.db')}`,
      ...(databaseUrl === undefined ? {} : { KEYHOUSE_SECRET: randomBytes(32).toString('hex') }),
    };
    this.ledger = new Ledger(join(this.folder, 'ledger.jsonl'));
  }

  /** Of SQLite. */
  get file(): string {
    return this.#url.slice('sqlite:'.length);
  }

  get origins(): readonly string[] {
    return this.#servers.filter((server) => server.isRunning()).map(({ origin }) => origin);
  }

  get doors(): Doors {
    return { client: this.client, origins: this.origins, guards: this.guards, clientIdOf };
  }

  get servers(): readonly RunningProgram[] {
    return this.#servers;
  }

  get #url(): string {
    return this.settings.KEYHOUSE_DATABASE_URL ?? '';
  }

  /** The newest of those who write; all of them write from now on. */
  get writer(): Writer {
    const writer = this.#writers.at(-1);
    if (writer === undefined) throw new Error('Nobody writes yet: call newPerson.');
    return writer;
  }

  /** `more`: settings and variables of this start alone. */
  async start(count = 1, more: Readonly<Record<string, string>> = {}): Promise<void> {
    const started = await Promise.allSettled(Array.from({ length: count }, () => startProgram({ ...this.settings, ...more })));
    for (const each of started)
      if (each.status === 'fulfilled') {
        this.#servers.push(each.value);
        this.startsMs.push(each.value.startedInMs);
      }
    for (const each of started) if (each.status === 'rejected') throw each.reason;
  }

  /** Somebody new, beside the servers that run: one user may only have so much at once. */
  async newPerson(): Promise<void> {
    const person = await createPerson(this.settings);
    this.#writers.push(
      new Writer({ person, client: this.client, ledger: this.ledger, faults: this.faults, origins: () => this.origins }),
    );
  }

  /** Eight at once, until so many more acts were answered, or `isOver`. */
  async write(acts: number, isOver: () => boolean = () => false): Promise<void> {
    const { writer } = this;
    // Too busy is no answer.
    const giveUpAtMs = performance.now() + SIGN_IN_WITHIN_MS;
    while (writer.cookie === '' && !(await writer.signIn())) {
      if (performance.now() > giveUpAtMs || !(await this.becomesReady())) throw new Error('The harness cannot sign in.');
      await new Promise((resolve) => setTimeout(resolve, SIGN_IN_EVERY_MS));
    }
    const enough = this.ledger.account.acknowledged + acts;
    const work = async (): Promise<void> => {
      while (this.ledger.account.acknowledged < enough && !isOver()) await writer.act();
    };
    await Promise.all(Array.from({ length: WRITERS }, work));
  }

  /** Until every server says that it can read and write; false when they have stopped, or it takes too long. */
  async becomesReady(): Promise<boolean> {
    const giveUpAtMs = performance.now() + PATIENCE_MS;
    const isReady = async (origin: string): Promise<boolean> => (await this.client.ask(origin, '/readyz'))?.status === 200;
    while (this.origins.length > 0 && performance.now() < giveUpAtMs) {
      if ((await Promise.all(this.origins.map(isReady))).every(Boolean)) return true;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return false;
  }

  /** Whether a write is acknowledged again, without a start. Nobody tries to write before the servers say that they can: what is refused is uncertain from then on. */
  async heals(): Promise<boolean> {
    const { acknowledged } = this.ledger.account;
    while (await this.becomesReady()) {
      let tries = 0;
      await this.write(1, () => this.origins.length === 0 || ++tries > WRITERS);
      if (this.ledger.account.acknowledged > acknowledged) return true;
    }
    return false;
  }

  /** Holds the ledger against the doors, and refreshes sessions that are active. `all`: everything. `isReading`: nothing that writes. */
  async check({
    all = false,
    isReading = false,
    ...manner
  }: Manner & { all?: boolean; isReading?: boolean } = {}): Promise<void> {
    const { account } = this.ledger;
    const things = [...account.things.values()];
    const older = Math.max(0, things.length - LATEST);
    const chosen = all ? things : things.filter((_, index) => index >= older || Math.random() < OTHERS / older);
    this.faults.push(...(await checkDoors(account, chosen, this.doors, manner)));
    if (manner.endedAlone === true || isReading) return;
    const sessions = chosen.filter((thing) => thing.kind === 'session' && account.findState(thing, Date.now()) === 'active');
    // As any client does: what has no answer is asked again.
    for (const session of sessions) {
      const writer = this.#writers.find(({ person }) => person.clientId === clientIdOf(session));
      if (writer !== undefined) await refresh(writer, session);
    }
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
    this.#forget();
  }

  /** SIGTERM; the exit codes. */
  async stop(): Promise<readonly (number | null)[]> {
    const codes = await Promise.all(this.#servers.map((server) => server.stop()));
    this.#forget();
    return codes;
  }

  /** Servers have stopped: the database by itself, against the ledger as it stands on disk. */
  async checkDatabase({ isWhole = true }: { isWhole?: boolean } = {}): Promise<void> {
    this.faults.push(...(await checkDatabase(this.#url, readLedger(this.ledger.file), { heads: this.#heads, isWhole })));
  }

  async end(): Promise<void> {
    await this.kill();
    this.client.close();
    this.ledger.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  told<More extends object>(did: string, more?: More): Told & More {
    const { acknowledged } = this.ledger.account;
    return { faults: this.faults, acknowledged, figures: `${did}: ${this.figures()}`, ...(more as More) };
  }

  /** For the report, in one line. */
  figures(): string {
    const { acknowledged, unanswered, things } = this.ledger.account;
    const starts = [...this.startsMs].sort((a, b) => a - b).map(Math.round);
    const middle = starts[Math.floor(starts.length / 2)];
    return (
      `${acknowledged} acts acknowledged, ${unanswered} without an answer, ${things.size} things; ` +
      `${starts.length} starts in ${starts[0]}/${middle}/${starts.at(-1)} ms (least/median/most)`
    );
  }

  /** What the log of each told before it is forgotten: heads of the audit chain. */
  #forget(): void {
    for (const server of this.#servers)
      for (const [, number, hash] of server.output().matchAll(/"auditNumber":(\d+),"auditHash":"([0-9a-f]{64})"/g))
        this.#heads.push({ number: Number(number), hash: hash ?? '' });
    this.#servers = [];
  }
}

const clientIdOf = (thing: Thing): string => thing.id.split(':')[1] ?? '';
