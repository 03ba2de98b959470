/**
 * A bounded queue that is fair to whoever waits in it. Each job stands at a place in a tree: known people or others, their network from wide to
 * narrow, then the account it is about. Each level takes turns, so that a flood from many addresses of one network waits behind itself: somebody
 * else there waits for one job of each address, somebody known for one job of a stranger. When the queue is full, the newest job of the
 * heaviest branch goes, and strangers go before people who are known.
 */

/** Who a piece of work is for. Left out: the server itself. */
export interface Claim {
  /** Shown by a cookie, a sign-in, or an address that this user has signed in from before. */
  readonly isKnown: boolean;
  /** From wide to narrow. */
  readonly networks: readonly string[];
  /** The account that it is about. */
  readonly person: string;
}

interface Branch<Job> {
  count: number;
  /** In the order of their turns. */
  readonly children: Map<string, Branch<Job>>;
  readonly jobs: Job[];
}

const KNOWN = 'known';
const OTHERS = 'others';

export class FairQueue<Job> {
  readonly #root: Branch<Job> = newBranch();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#root.count;
  }

  /** Returns the job that must go for it, which can be itself; null when there was room. */
  push(job: Job, { isKnown, networks, person }: Claim): Job | null {
    let branch = this.#root;
    branch.count++;
    for (const name of [isKnown ? KNOWN : OTHERS, ...networks, person]) {
      const child = branch.children.get(name) ?? newBranch<Job>();
      branch.children.set(name, child);
      branch = child;
      branch.count++;
    }
    branch.jobs.push(job);
    return this.size > this.#limit ? this.#evict() : null;
  }

  /** The job whose turn it is; null when nobody waits. */
  next(): Job | null {
    return this.size === 0 ? null : takeTurn(this.#root);
  }

  #evict(): Job | null {
    const lane = this.#root.children.has(OTHERS) ? OTHERS : KNOWN;
    return takeAt(this.#root, lane, takeHeaviest);
  }
}

const newBranch = <Job>(): Branch<Job> => ({ count: 0, children: new Map(), jobs: [] });

/** Whoever had a turn stands at the end of the row. */
function takeTurn<Job>(branch: Branch<Job>): Job | null {
  const [name] = branch.children.keys();
  if (name === undefined) {
    branch.count--;
    return branch.jobs.shift() ?? null;
  }
  const child = branch.children.get(name);
  const job = takeAt(branch, name, takeTurn);
  if (child !== undefined && branch.children.delete(name)) branch.children.set(name, child);
  return job;
}

function takeHeaviest<Job>(branch: Branch<Job>): Job | null {
  let heaviest: string | null = null;
  let most = 0;
  // Of equals the one that came last: whoever has waited longer stays.
  for (const [name, { count }] of branch.children) {
    if (count < most) continue;
    heaviest = name;
    most = count;
  }
  if (heaviest !== null) return takeAt(branch, heaviest, takeHeaviest);
  branch.count--;
  return branch.jobs.pop() ?? null;
}

function takeAt<Job>(branch: Branch<Job>, name: string, take: (child: Branch<Job>) => Job | null): Job | null {
  const child = branch.children.get(name);
  if (child === undefined) return null;
  const job = take(child);
  branch.count--;
  if (child.count === 0) branch.children.delete(name);
  return job;
}
