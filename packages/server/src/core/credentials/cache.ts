/**
 * Credentials that were looked up lately, by the hash of what was presented. Bounded, and notified of every change: an entry of a
 * credential that changed anywhere is dropped before the act that changed it is answered (or within the follower's trust).
 */
import { Lru } from '../lib/lru.ts';
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts';
import type { ChangeFollower } from '../revocations/follower.ts';
import type { CredentialWithOwner } from './credential.ts';
import { Sights } from './sights.ts';

/** About 60 MB at the very worst; a look-up beyond it costs one indexed row. */
const MAX_ENTRIES = 50_000;
/** What is not reported as a change (use on another server, for instance) is read again after this. */
const MAX_AGE_MS = 10 * 60 * 1000;

export class CredentialCache<Entry extends { readonly credential: CredentialWithOwner }> {
  readonly #entries: Lru<string, Entry>;
  readonly #hashesById = new Map<number, Set<string>>();
  readonly #sights = new Sights();
  readonly #follower: ChangeFollower;

  constructor(follower: ChangeFollower) {
    this.#follower = follower;
    this.#entries = new Lru({
      max: MAX_ENTRIES,
      ttl: MAX_AGE_MS,
      ttlResolution: 1000,
      dispose: (entry, hash) => this.#forgetHash(entry.credential.id, hash),
    });
    follower.listen({
      onChange: (change) => {
        if (change.kind === 'credential') this.#dropCredential(Number(change.id));
        // The owner's state is in many entries; it changes so rarely that dropping all of them is simpler than an index.
        if (change.kind === 'user' || change.kind === 'account') this.#entries.clear();
      },
      onReset: () => this.#entries.clear(),
    });
  }

  get(hash: string): Entry | undefined {
    return this.#entries.get(hash);
  }

  /**
   * Keeps what `read` finds when it is asked for the second time, unless a change was reported while it was reading. Where requests
   * are spread over more credentials than fit, keeping each would cost more than its read, and push out those that come again.
   */
  fill(hash: string, read: () => MaybePromise<Entry | null>): MaybePromise<Entry | null> {
    const heardBefore = this.#follower.heard;
    return andThen(read(), (entry) => {
      if (entry !== null && this.#sights.isSecond(hash) && this.#follower.heard === heardBefore) this.#keep(hash, entry);
      return entry;
    });
  }

  #keep(hash: string, entry: Entry): void {
    this.#entries.set(hash, entry);
    const hashes = this.#hashesById.get(entry.credential.id);
    if (hashes === undefined) this.#hashesById.set(entry.credential.id, new Set([hash]));
    else hashes.add(hash);
  }

  #dropCredential(id: number): void {
    for (const hash of [...(this.#hashesById.get(id) ?? [])]) this.#entries.delete(hash);
  }

  #forgetHash(id: number, hash: string): void {
    const hashes = this.#hashesById.get(id);
    hashes?.delete(hash);
    if (hashes?.size === 0) this.#hashesById.delete(id);
  }
}
