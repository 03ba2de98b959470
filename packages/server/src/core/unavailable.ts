/** The store could not do what was asked: unreachable, full, read-only, busy. Never a success, always a 503. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
