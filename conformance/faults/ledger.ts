/**
 * What a server has acknowledged, on disk before anything else happens: one line of JSON for each answered act, each with its own fsync. It says
 * nothing of what the server keeps; `check-doors.ts` and `check-database.ts` compare the two. A request without an answer, or with 503, has a line too:
 * from then on both outcomes are right.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** `code`: an authorization code that was redeemed. `account`: one that is suspended and resumed. */
export type Kind = 'key' | 'token' | 'jwt' | 'sign-in' | 'session' | 'account' | 'code';

export type Line =
  /** `of`: what it ends with, such as the key of a JWT. `untilMs`: it expires by itself. */
  | {
      readonly what: 'created';
      readonly id: string;
      readonly kind: Kind;
      readonly text: string;
      readonly of?: string;
      readonly untilMs?: number;
    }
  /** The old secret has ended. */
  | { readonly what: 'rotated'; readonly id: string; readonly text: string }
  /** Revoked, logged out, reused, suspended. */
  | { readonly what: 'ended'; readonly id: string }
  | { readonly what: 'resumed'; readonly id: string }
  /** Of a session: `text` is the successor of the refresh token `from`. */
  | { readonly what: 'refreshed'; readonly id: string; readonly from: string; readonly text: string }
  /** It may or may not have happened. `act`: what was asked for; `id`: the thing that it would have changed, if it was there already. */
  | { readonly what: 'unanswered'; readonly act: string; readonly id?: string }
  /** The database was set back to how it was at the line of that number; what was acknowledged after it may be lost. */
  | { readonly what: 'set-back'; readonly to: number };

export interface Thing {
  readonly id: string;
  readonly kind: Kind;
  readonly of: string | null;
  readonly untilMs: number | null;
  /** What is presented; of a session its newest refresh token. */
  text: string;
  /** What was presented before, oldest first. */
  readonly before: string[];
  /** By itself alone; see `findState`. */
  state: ThingState;
}

/** `either`: an act on it was not answered. */
export type ThingState = 'active' | 'ended' | 'either';

/** What the lines say together. */
export class Account {
  readonly things = new Map<string, Thing>();
  /** Answers that cannot both be true, whatever the database says. */
  readonly contradictions: string[] = [];
  acknowledged = 0;
  unanswered = 0;
  /** Requests without an answer, by act. */
  readonly unansweredActs = new Map<string, number>();
  readonly #lines: Line[] = [];
  readonly #successors = new Map<string, string>();

  get lines(): number {
    return this.#lines.length;
  }

  add(line: Line): void {
    this.#lines.push(line);
    if (line.what === 'unanswered') {
      this.unanswered++;
      this.unansweredActs.set(line.act, (this.unansweredActs.get(line.act) ?? 0) + 1);
      if (line.id !== undefined) this.#get(line.id).state = 'either';
      return;
    }
    if (line.what === 'set-back') {
      for (const thing of this.since(line.to)) thing.state = 'either';
      return;
    }
    this.acknowledged++;
    if (line.what === 'created') this.#create(line);
    else this.#change(this.#get(line.id), line);
  }

  /** What the lines from that number on are about. */
  since(number: number): readonly Thing[] {
    const ids = this.#lines.slice(number).flatMap((line) => ('id' in line && line.id !== undefined ? [line.id] : []));
    return [...new Set(ids)].map((id) => this.#get(id));
  }

  /** With what it belongs to: the key of a JWT, the account of a key. */
  findState(thing: Thing, nowMs: number): ThingState {
    const states = [thing.untilMs !== null && thing.untilMs < nowMs ? 'either' : 'active'];
    for (let at: Thing | undefined = thing; at !== undefined; at = at.of === null ? undefined : this.#get(at.of))
      states.push(at.state);
    if (states.includes('ended')) return 'ended';
    return states.includes('either') ? 'either' : 'active';
  }

  #create({ id, kind, text, of, untilMs }: Extract<Line, { what: 'created' }>): void {
    if (this.things.has(id)) this.contradictions.push(`${kind} ${id} was created twice`);
    this.things.set(id, { id, kind, text, of: of ?? null, untilMs: untilMs ?? null, before: [], state: 'active' });
  }

  #change(thing: Thing, line: Extract<Line, { what: 'rotated' | 'ended' | 'resumed' | 'refreshed' }>): void {
    if (line.what === 'ended') thing.state = 'ended';
    else if (line.what === 'resumed') thing.state = 'active';
    else {
      if (line.what === 'refreshed') {
        const known = this.#successors.get(line.from);
        if (known !== undefined && known !== line.text)
          this.contradictions.push(`a refresh token of ${line.id} has two successors`);
        this.#successors.set(line.from, line.text);
      }
      if (thing.text === line.text) return;
      thing.before.push(thing.text);
      thing.text = line.text;
    }
  }

  #get(id: string): Thing {
    const thing = this.things.get(id);
    if (thing === undefined) throw new Error(`The ledger has a line about ${id}, which was never created.`);
    return thing;
  }
}

/** The one who writes it. Only one process may. */
export class Ledger {
  readonly account = new Account();
  readonly file: string;
  readonly #descriptor: number;

  constructor(file: string) {
    this.file = file;
    this.#descriptor = openSync(file, 'ax', 0o600);
  }

  write(line: Line): void {
    writeSync(this.#descriptor, `${JSON.stringify(line)}\n`);
    fsyncSync(this.#descriptor);
    this.account.add(line);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** As it stands on disk. */
export function readLedger(file: string): Account {
  const account = new Account();
  for (const text of readFileSync(file, 'utf8').split('\n')) if (text !== '') account.add(JSON.parse(text));
  return account;
}
