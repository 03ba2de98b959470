/**
 * A bounded queue that is fair. Jobs are in a tree: first known users and others, then their networks from wide to narrow, then
 * the account that the job is about. The branches of each level take turns, so a flood from many addresses of one network mostly
 * waits for itself: another client there waits for one job of each address, and a known one for one job of a stranger. When the
 * queue is full, the newest job of the largest branch is dropped, strangers' before those of known users.
 */

/** Who a job is for. */
export interface Claim {
  /** By a cookie, a sign-in, or an address that this user has signed in from before. */
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

  /** Returns the job that is dropped for it, which can be itself; null if there was room. */
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

  /** The job whose turn it is; null if none waits. */
  next(): Job | null {
    return this.size === 0 ? null : takeTurn(this.#root);
  }

  #evict(): Job | null {
    const lane = this.#root.children.has(OTHERS) ? OTHERS : KNOWN;
    return takeAt(this.#root, lane, takeHeaviest);
  }
}

const newBranch = <Job>(): Branch<Job> => ({ count: 0, children: new Map(), jobs: [] });

/** A branch that had a turn goes to the end of its row. */
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
  // Of equals the one that came last: the others have waited longer.
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
