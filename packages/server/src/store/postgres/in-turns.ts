/**
 * Does things of one group together: those that come while the ones before are under way wait, and then go all at once. Of each
 * group only one lot is under way at a time. Groups do not wait for each other.
 */
interface Waiting<Input, Result> {
  readonly input: Input;
  resolve(result: Result | null): void;
  reject(error: unknown): void;
}

export class InTurns<Input, Result> {
  readonly #perform: (inputs: readonly [Input, ...Input[]]) => Promise<Result | null>;
  readonly #maxTogether: number;
  readonly #maxWaiting: number;
  /** Those that wait, of each group of which some are under way. */
  readonly #groups = new Map<string, Waiting<Input, Result>[]>();

  /** `perform` does a lot, and returns what is the result for each. */
  constructor(
    perform: (inputs: readonly [Input, ...Input[]]) => Promise<Result | null>,
    { maxTogether, maxWaiting }: { readonly maxTogether: number; readonly maxWaiting: number },
  ) {
    this.#perform = perform;
    this.#maxTogether = maxTogether;
    this.#maxWaiting = maxWaiting;
  }

  /** Null: it was not done, and must be done in another way. Rejects with what its own lot failed with. */
  add(group: string, input: Input): Promise<Result | null> {
    return new Promise((resolve, reject) => {
      const one = { input, resolve, reject };
      const waiting = this.#groups.get(group);
      if (waiting === undefined) {
        this.#groups.set(group, []);
        void this.#run(group, [one]);
      } else if (waiting.length < this.#maxWaiting) waiting.push(one);
      else resolve(null);
    });
  }

  async #run(group: string, lot: readonly [Waiting<Input, Result>, ...Waiting<Input, Result>[]]): Promise<void> {
    const waiting = this.#groups.get(group) ?? [];
    try {
      const [first, ...others] = lot;
      const result = await this.#perform([first.input, ...others.map(({ input }) => input)]);
      for (const each of lot) each.resolve(result);
    } catch (error) {
      for (const each of lot) each.reject(error);
      // What failed for these may take as long to fail again: nobody waits for that behind others.
      for (const each of waiting.splice(0)) each.resolve(null);
    }
    const [next, ...others] = waiting.splice(0, this.#maxTogether);
    if (next === undefined) this.#groups.delete(group);
    else void this.#run(group, [next, ...others]);
  }
}
