/**
 * A bounded cache that drops what was used least recently. `lru-cache` allocates all its places when it is created, which takes
 * milliseconds and megabytes; this one does when the first entry comes, and a command that caches nothing pays nothing.
 */
import { LRUCache } from 'lru-cache';

export class Lru<Key extends {}, Value extends {}> {
  readonly #options: LRUCache.Options<Key, Value, unknown>;
  #cache: LRUCache<Key, Value> | null = null;

  constructor(options: LRUCache.Options<Key, Value, unknown>) {
    this.#options = options;
  }

  get(key: Key): Value | undefined {
    return this.#cache?.get(key);
  }

  set(key: Key, value: Value): void {
    this.#cache ??= new LRUCache(this.#options);
    this.#cache.set(key, value);
  }

  delete(key: Key): void {
    this.#cache?.delete(key);
  }

  clear(): void {
    this.#cache?.clear();
  }
}
