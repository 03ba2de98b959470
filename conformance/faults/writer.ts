/** One person's writes to running servers: what they have, what is being changed right now, and what every answer comes to in the ledger. */
import { ACTS } from './acts.ts';
import type { Answer, Client, ClientRequest } from './client.ts';
import type { Kind, Ledger, Line, Thing, ThingState } from './ledger.ts';
import type { Person } from './people.ts';

export interface Choice {
  /** Also what an act was not answered about. */
  readonly orEither?: boolean;
  readonly orEnded?: boolean;
  /** Also what another act is changing. */
  readonly evenIfClaimed?: boolean;
  readonly isGood?: (thing: Thing) => boolean;
}

export interface Means {
  readonly client: Client;
  readonly ledger: Ledger;
  readonly person: Person;
  /** Where the servers are now; each request goes to one of them. */
  origins(): readonly string[];
  /** What went against a promise, in words. */
  readonly faults: string[];
}

/** Refused: not valid, or so many unknown secrets came from here that the server asks to come later. */
const REFUSED = [401, 429];

export class Writer {
  readonly person: Person;
  readonly keyIds = new Map<string, string>();
  /** While clocks are wrong or data go back, a refusal is no fault: what was asked about is from then on uncertain. */
  isLenient = false;
  /** The browser in which they are signed in all the time. */
  cookie = '';
  readonly #means: Means;
  readonly #mine: Thing[] = [];
  readonly #claimed = new Map<string, number>();
  readonly #changes = new Map<string, number>();
  #made = 0;

  constructor(means: Means) {
    this.#means = means;
    this.person = means.person;
  }

  /** Signs in; false when the server was too busy, or asks to come later. */
  async signIn(): Promise<boolean> {
    const { email, password } = this.person;
    const answer = await this.ask('/dashboard/api/log-in', { body: { email, password } });
    if (answer === null || [429, 503].includes(answer.status)) return false;
    if (answer.status !== 200) throw new Error(`A sign-in was answered ${answer.status} ${JSON.stringify(answer.json)}`);
    this.cookie = answer.cookie;
    return true;
  }

  /** One act by chance. */
  async act(): Promise<void> {
    let left = Math.random() * ACTS.reduce((sum, { weight }) => sum + weight, 0);
    for (const act of ACTS) {
      left -= act.weight;
      if (left < 0) return await act.run(this);
    }
  }

  ask(path: string, asked?: ClientRequest): Promise<Answer | null> {
    const origins = this.#means.origins();
    const origin = origins[Math.floor(Math.random() * origins.length)];
    return origin === undefined ? Promise.resolve(null) : this.#means.client.ask(origin, path, asked);
  }

  tokens(form: Record<string, string>): Promise<Answer | null> {
    return this.ask('/auth/token', { body: new URLSearchParams({ ...form, client_id: this.person.clientId }) });
  }

  /** As the page does it: where a younger proof is wanted, the password, and then the call once more. */
  async dashboard(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer | null> {
    const call = (): Promise<Answer | null> =>
      this.ask(`/dashboard/api${path}`, { method, cookie: this.cookie, ...(body === undefined ? {} : { body }) });
    const answer = await call();
    if (answer?.status !== 403 || answer.json.proof !== 'required') return answer;
    await this.ask('/dashboard/api/proof', { cookie: this.cookie, body: { password: this.person.password } });
    return await call();
  }

  /** Whether it was answered as it should be. Otherwise it is uncertain from now on, and a refusal without a reason is a fault. */
  expect(answer: Answer | null, statuses: readonly number[], act: string, thing?: Thing): answer is Answer {
    if (answer !== null && statuses.includes(answer.status)) return true;
    if (answer !== null && answer.status !== 503 && !this.isLenient)
      this.#means.faults.push(`${act} was answered ${answer.status} ${JSON.stringify(answer.json)}`);
    this.write({ what: 'unanswered', act, ...(thing === undefined ? {} : { id: thing.id }) });
    return false;
  }

  judge(thing: Thing, status: number): void {
    const state = this.findState(thing);
    const { faults } = this.#means;
    if (state === 'ended' && !REFUSED.includes(status) && this.#means.origins().length === 1)
      faults.push(`${thing.kind} ${thing.id} has ended and was answered ${status}`);
    if (state === 'active' && status !== 200 && !this.isLenient)
      faults.push(`${thing.kind} ${thing.id} is active and was answered ${status}`);
  }

  write(line: Line): void {
    this.#means.ledger.write(line);
    if ('id' in line && line.id !== undefined) this.#changes.set(line.id, (this.#changes.get(line.id) ?? 0) + 1);
  }

  /** Writes down something new; its id. */
  create(kind: Kind, text: string, of?: string, untilMs?: number): string {
    const id = `${kind}:${this.person.clientId}:${++this.#made}`;
    this.write({
      ...{ what: 'created', id, kind, text },
      ...(of === undefined ? {} : { of }),
      ...(untilMs === undefined ? {} : { untilMs }),
    });
    this.#mine.push(this.get(id));
    return id;
  }

  get(id: string): Thing {
    const thing = this.#means.ledger.account.things.get(id);
    if (thing === undefined) throw new Error(`There is no ${id}.`);
    return thing;
  }

  owner(thing: Thing): readonly Thing[] {
    return thing.of === null ? [] : [this.get(thing.of)];
  }

  findState(thing: Thing): ThingState {
    return this.#means.ledger.account.findState(thing, Date.now());
  }

  /** What may still be active of a kind. */
  count(kind: Kind): number {
    return this.#mine.filter((thing) => thing.kind === kind && this.findState(thing) !== 'ended').length;
  }

  pick(kind: Kind, { orEither = false, orEnded = false, evenIfClaimed = false, isGood = () => true }: Choice = {}) {
    const good = this.#mine.filter((thing) => {
      if (thing.kind !== kind || (!evenIfClaimed && this.#isClaimed(thing)) || !isGood(thing)) return false;
      const state = this.findState(thing);
      return state === 'active' || (state === 'either' && orEither) || (state === 'ended' && orEnded);
    });
    return good[Math.floor(Math.random() * good.length)];
  }

  /** Nobody else changes these while it runs. */
  async claiming(things: readonly Thing[], run: () => Promise<void>): Promise<void> {
    for (const { id } of things) this.#claimed.set(id, (this.#claimed.get(id) ?? 0) + 1);
    try {
      await run();
    } finally {
      for (const { id } of things) {
        this.#claimed.set(id, (this.#claimed.get(id) ?? 1) - 1);
        this.#changes.set(id, (this.#changes.get(id) ?? 0) + 1);
      }
    }
  }

  /** Another text as soon as anything that it depends on changes, or may be changing. */
  stamp(thing: Thing): string {
    const parts: string[] = [];
    for (let at: Thing | undefined = thing; at !== undefined; [at] = this.owner(at))
      parts.push(`${at.text} ${this.#changes.get(at.id) ?? 0} ${this.#isClaimed(at) ? Math.random() : ''}`);
    return parts.join('\n');
  }

  /** It, or what it belongs to. */
  #isClaimed(thing: Thing): boolean {
    return (this.#claimed.get(thing.id) ?? 0) > 0 || this.owner(thing).some((owner) => this.#isClaimed(owner));
  }
}
