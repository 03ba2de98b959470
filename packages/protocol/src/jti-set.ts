/**
 * A million revoked JWTs in 30 MB, without an object for each: a name is 120 bits, written into one array of numbers in the order
 * of arrival, and found through a hash table. A protected API keeps this in its own process and must not notice when it is
 * loaded.
 */
import { JTI_NAME_LENGTH, type JtiGroup } from './feed.ts';

const HOUR_SECONDS = 3600;
/** For what never expires: the last full hour of the year 9999. */
const NEVER = 70_389_527;

/** Four words of 30 bits, five characters each, and the hour in which it expires. */
const WORDS = 5;
const CHARACTERS_PER_WORD = 5;
const HOUR = 4;
const FIRST_CAPACITY = 16;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Uint8Array(128);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

export class JtiSet {
  #size = 0;
  #words = new Uint32Array(FIRST_CAPACITY * WORDS);
  /** Indexes into `#words`, counted from 1; at most half of the table is used. */
  #table = new Uint32Array(FIRST_CAPACITY * 2);

  get size(): number {
    return this.#size;
  }

  has(jti: string): boolean {
    if (this.#size === 0) return false;
    return this.#table[this.#find(wordOf(jti, 0), wordOf(jti, 5), wordOf(jti, 10), wordOf(jti, 15))] !== 0;
  }

  /** The expiry is rounded up to a full hour; of two for one name the later counts. */
  add(jti: string, endsAtMs: number | null): void {
    this.#add(jti, 0, endsAtMs === null ? NEVER : hourOf(endsAtMs / 1000));
  }

  addGroup({ endsAtSeconds, ids }: JtiGroup): void {
    const hour = hourOf(endsAtSeconds);
    this.#reserve(this.#size + ids.length / JTI_NAME_LENGTH);
    for (let start = 0; start < ids.length; start += JTI_NAME_LENGTH) this.#add(ids, start, hour);
  }

  /** Deletes those that have expired. */
  sweep(nowMs: number): void {
    const nowSeconds = nowMs / 1000;
    const words = this.#words;
    const isOver = (place: number): boolean => (words[place * WORDS + HOUR] ?? 0) * HOUR_SECONDS < nowSeconds;
    let left = 0;
    for (let place = 0; place < this.#size; place++) if (!isOver(place)) left += 1;
    if (left === this.#size) return;
    // Into new arrays: a reader that walks through the old ones is not disturbed.
    const kept = new Uint32Array(capacityFor(left) * WORDS);
    let next = 0;
    for (let place = 0; place < this.#size; place++) {
      if (isOver(place)) continue;
      kept.set(words.subarray(place * WORDS, (place + 1) * WORDS), next * WORDS);
      next += 1;
    }
    this.#size = left;
    this.#words = kept;
    this.#index();
  }

  /** The current content, for a reader that works in slices: later changes do not affect it. */
  snapshot(): JtiSnapshot {
    return new JtiSnapshot(this.#words, this.#size);
  }

  #add(text: string, start: number, hour: number): void {
    const first = wordOf(text, start);
    const second = wordOf(text, start + 5);
    const third = wordOf(text, start + 10);
    const fourth = wordOf(text, start + 15);
    const slot = this.#find(first, second, third, fourth);
    const taken = this.#table[slot] ?? 0;
    if (taken !== 0) {
      this.#endLater((taken - 1) * WORDS + HOUR, hour);
      return;
    }
    const at = this.#size * WORDS;
    const words = this.#words;
    words[at] = first;
    words[at + 1] = second;
    words[at + 2] = third;
    words[at + 3] = fourth;
    words[at + HOUR] = hour;
    this.#size += 1;
    this.#table[slot] = this.#size;
    this.#reserve(this.#size + 1);
  }

  /** The expiry of a JWT never changes; if it does, snapshots keep what they have. */
  #endLater(at: number, hour: number): void {
    if (hour <= (this.#words[at] ?? 0)) return;
    this.#words = this.#words.slice();
    this.#words[at] = hour;
  }

  /** Where the table has the name, or where it would be put. The names are random already, so that no hash function is needed. */
  #find(first: number, second: number, third: number, fourth: number): number {
    const [words, table] = [this.#words, this.#table];
    const mask = table.length - 1;
    let slot = fourth & mask;
    for (;;) {
      const taken = table[slot] ?? 0;
      if (taken === 0) return slot;
      const at = (taken - 1) * WORDS;
      if (words[at + 3] === fourth && words[at + 2] === third && words[at + 1] === second && words[at] === first) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #reserve(count: number): void {
    const capacity = capacityFor(count);
    if (capacity * WORDS <= this.#words.length) return;
    const words = new Uint32Array(capacity * WORDS);
    words.set(this.#words);
    this.#words = words;
    this.#index();
  }

  #index(): void {
    const table = new Uint32Array((this.#words.length / WORDS) * 2);
    const mask = table.length - 1;
    for (let place = 0; place < this.#size; place++) {
      let slot = (this.#words[place * WORDS + 3] ?? 0) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = place + 1;
    }
    this.#table = table;
  }
}

export class JtiSnapshot {
  readonly size: number;
  readonly #words: Uint32Array;

  constructor(words: Uint32Array, size: number) {
    this.#words = words;
    this.size = size;
  }

  /** The expiry of the one at this index. */
  endsAtSeconds(place: number): number {
    return (this.#words[place * WORDS + HOUR] ?? 0) * HOUR_SECONDS;
  }

  /** Writes its name, 20 characters of ASCII. */
  writeName(place: number, bytes: Uint8Array, offset: number): void {
    for (let word = 0; word < HOUR; word++) {
      let rest = this.#words[place * WORDS + word] ?? 0;
      for (let index = CHARACTERS_PER_WORD - 1; index >= 0; index--) {
        bytes[offset + word * CHARACTERS_PER_WORD + index] = ALPHABET.charCodeAt(rest & 63);
        rest >>>= 6;
      }
    }
  }
}

/** Five characters as a number. Every `jti` has our form; if one did not, other characters in it would count as `A`. */
const wordOf = (text: string, start: number): number =>
  (sixBits(text, start) << 24) |
  (sixBits(text, start + 1) << 18) |
  (sixBits(text, start + 2) << 12) |
  (sixBits(text, start + 3) << 6) |
  sixBits(text, start + 4);

const sixBits = (text: string, index: number): number => VALUES[text.charCodeAt(index)] ?? 0;

const hourOf = (seconds: number): number => Math.min(NEVER, Math.ceil(seconds / HOUR_SECONDS));

const capacityFor = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(count, FIRST_CAPACITY)));
