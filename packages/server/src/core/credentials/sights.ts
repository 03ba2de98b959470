/**
 * Remembers of which hashes one was seen lately, in 512 KB whatever comes: each hash has one place, which the next one there takes
 * over. Only for deciding what is worth keeping: it may forget, and, once in four billion times, take one hash for another.
 */
const PLACES = 2 ** 17;

export class Sights {
  #seen: Uint32Array | null = null;

  /** Whether the same hash was there before. `hash`: lower-case hexadecimal of random bytes, at least 16 digits. */
  isSecond(hash: string): boolean {
    // A command that verifies nothing needs no memory for it.
    this.#seen ??= new Uint32Array(PLACES);
    const place = Number.parseInt(hash.slice(0, 8), 16) % PLACES;
    const mark = Number.parseInt(hash.slice(8, 16), 16) || 1;
    if (this.#seen[place] === mark) return true;
    this.#seen[place] = mark;
    return false;
  }
}
