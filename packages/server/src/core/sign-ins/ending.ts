/**
 * What else a new password, or a first verification of the address, ends: the page counts it before, the mail lists it
 * afterwards.
 */
import type { Ended } from '../mail/letters.ts';

export type Ending = Omit<Ended, 'isFirstProof'>;

/** Whether two readings are equal, in all their members. */
export const isSameEnding = <Read extends Ending>(one: Read, other: Read): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
