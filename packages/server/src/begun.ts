/** What a start has begun so far, so that it can be ended if the start fails. */
export class Begun {
  readonly #ends: (() => Promise<unknown>)[] = [];

  add(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  /**
   * Ends all of it, the newest first. A failure does not keep anything else open, and does not hide why the start failed. Never
   * rejects.
   */
  async end(onError: (error: unknown) => void): Promise<void> {
    for (const end of this.#ends.reverse()) await end().catch(onError);
  }
}
