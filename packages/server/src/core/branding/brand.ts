/** How the operator's pages and mails look: a name, one accent colour, a logo. */

import { type By, type EventDraft, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { Fault } from '../lib/fault.ts';
import { findNameFault } from '../lib/name.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { readLogo, type StoredLogoType } from './logo.ts';

export interface Logo {
  readonly type: StoredLogoType;
  readonly bytes: Uint8Array;
  /** Hash of the bytes; a browser's cache may keep the logo under it. */
  readonly hash: string;
}

export interface Brand {
  readonly name: string;
  /** `#rrggbb`; white text on it is readable. */
  readonly accent: string;
  readonly logo: Logo | null;
}

export const DEFAULT_BRAND: Brand = { name: 'Keyhouse', accent: '#3451b2', logo: null };

export interface StoredBrand {
  readonly name: string;
  readonly accent: string;
  /** Base64. */
  readonly logo: { readonly type: StoredLogoType; readonly base64: string } | null;
}

export interface BrandStore {
  /** Null: never set. */
  findBrand(): Promise<StoredBrand | null>;
  /** `logo` undefined: unchanged; null: none. Notifies every server. */
  setBrand(input: { name: string; accent: string; logo: StoredBrand['logo'] | undefined; event: EventDraft }): Promise<void>;
}

export interface BrandPorts {
  readonly brand: BrandStore;
  readonly clock: Clock;
}

export type BrandFault = Fault<'name' | 'accent' | 'logo'>;

export interface BrandWish {
  readonly name: string;
  readonly accent: string;
  /** Base64; null removes it; undefined leaves it. */
  readonly logo: string | null | undefined;
}

export async function loadBrand({ brand }: { brand: Pick<BrandStore, 'findBrand'> }): Promise<Brand> {
  const stored = await brand.findBrand();
  if (stored === null) return DEFAULT_BRAND;
  const bytes = stored.logo === null ? null : Buffer.from(stored.logo.base64, 'base64');
  const logo =
    stored.logo === null || bytes === null ? null : { type: stored.logo.type, bytes, hash: sha256Hex(bytes).slice(0, 16) };
  return { name: stored.name, accent: stored.accent, logo };
}

/** All faults at once; none: it is set. */
export async function setBrand(
  { brand, clock }: BrandPorts,
  { wish, by }: { wish: BrandWish; by: By },
): Promise<readonly BrandFault[]> {
  const { name, accent } = wish;
  const faults: BrandFault[] = [];
  if (findNameFault(name) !== null)
    faults.push({ field: 'name', sentence: 'The name must be one line of text without invisible characters.' });
  if (contrastWithWhite(accent) < MIN_CONTRAST)
    faults.push({ field: 'accent', sentence: 'White text is hard to read on this colour. Choose a darker one.' });
  const logo = typeof wish.logo === 'string' ? readLogo(wish.logo) : wish.logo;
  if (typeof logo === 'string') faults.push({ field: 'logo', sentence: logo });
  if (faults.length > 0 || typeof logo === 'string') return faults;
  const details = { name, accent, logo: logo === undefined ? 'kept' : logo === null ? 'none' : logo.type };
  await brand.setBrand({ name, accent, logo, event: happened(by, clock.now(), 'brand.set', { details }) });
  return [];
}

/** WCAG 2.2 §1.4.3 for text of normal size. */
const MIN_CONTRAST = 4.5;

/** WCAG 2.2, "contrast ratio" with white, which has a relative luminance of 1. */
function contrastWithWhite(accent: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(accent.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
