/**
 * Storage in memory for oidc-provider, instead of its own: that one walks over all tokens a grant ever had at each rotation,
 * which is meant for a trial and would slow a long session down more and more. Here each step costs the same.
 */
interface Payload {
  readonly grantId?: string;
  readonly uid?: string;
  consumed?: number;
}

/**
 * At most this many of a kind; the oldest are deleted first. A chain of refresh tokens needs its newest and, to detect a reuse,
 * the few before it.
 */
const MOST = 20_000;

export function createMemoryAdapter(): (model: string) => MemoryAdapter {
  const grants = new Map<string, Set<() => void>>();
  return (_model) => new MemoryAdapter(grants);
}

class MemoryAdapter {
  readonly #stored = new Map<string, { readonly payload: Payload; readonly forget: () => void }>();
  readonly #idsByUid = new Map<string, string>();
  /** Deletes a grant's tokens, of all kinds. */
  readonly #grants: Map<string, Set<() => void>>;

  constructor(grants: Map<string, Set<() => void>>) {
    this.#grants = grants;
  }

  async upsert(id: string, payload: Payload): Promise<void> {
    await this.destroy(id);
    const { grantId, uid } = payload;
    const forget = (): void => {
      this.#stored.delete(id);
      if (uid !== undefined) this.#idsByUid.delete(uid);
      if (grantId !== undefined) this.#grants.get(grantId)?.delete(forget);
    };
    this.#stored.set(id, { payload, forget });
    if (uid !== undefined) this.#idsByUid.set(uid, id);
    if (grantId !== undefined) {
      const ofGrant = this.#grants.get(grantId) ?? new Set();
      this.#grants.set(grantId, ofGrant.add(forget));
    }
    if (this.#stored.size > MOST) this.#stored.values().next().value?.forget();
  }

  async find(id: string): Promise<Payload | undefined> {
    return this.#stored.get(id)?.payload;
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    const id = this.#idsByUid.get(uid);
    return id === undefined ? undefined : this.#stored.get(id)?.payload;
  }

  async findByUserCode(): Promise<undefined> {}

  async consume(id: string): Promise<void> {
    const stored = this.#stored.get(id);
    if (stored !== undefined) stored.payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    this.#stored.get(id)?.forget();
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const forget of [...(this.#grants.get(grantId) ?? [])]) forget();
    this.#grants.delete(grantId);
  }
}
