/** What else a new password, or a first proof of the address, ends: the page counts it before, the mail lists it afterwards. */
import type { Ended } from '../mail/letters.ts';

export type Ending = Omit<Ended, 'isFirstProof'>;

export const isSameEnding = (one: Ending, other: Ending): boolean => JSON.stringify(one) === JSON.stringify(other);
