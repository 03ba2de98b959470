import type { By } from '../audit/event.ts';
import { deviceText } from '../lib/device.ts';
import type { Circumstances } from '../mail/letters.ts';

/** When, from where and with what browser something was done, as mails report it. */
export const circumstancesOf = ({ person }: By, atMs: number): Circumstances => ({
  atMs,
  address: person.address ?? null,
  device: deviceText(person.userAgent),
});
