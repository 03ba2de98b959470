/** What is typed before a credential is created, and how it becomes a wish. */
import { readAddresses } from './addresses.ts';
import { type ExpiryChoice, expiresAt } from './expiry.ts';
import { type CatalogueEntry, faultOf, readNames, type TextFault } from './permission-choice.ts';
import { words } from './words.ts';

/** `text` is what was typed while there is no catalogue; `chosen` what was ticked. */
export interface PermissionDraft {
  readonly all: boolean;
  readonly chosen: readonly string[];
  readonly text: string;
}

export interface ExpiryDraft {
  readonly choice: ExpiryChoice;
  /** `YYYY-MM-DD` */
  readonly date: string;
}

export interface Draft {
  readonly name: string;
  readonly environment: 'live' | 'test';
  readonly expiry: ExpiryDraft;
  readonly permissions: PermissionDraft;
  /** One per line; empty: from anywhere. */
  readonly addresses: string;
}

export const EMPTY_DRAFT: Draft = {
  name: '',
  environment: 'live',
  expiry: { choice: 'never', date: '' },
  permissions: { all: true, chosen: [], text: '' },
  addresses: '',
};

export type DraftField = 'name' | 'expires_at' | 'permissions' | 'addresses' | 'environment';
export type DraftErrors = Readonly<Partial<Record<DraftField, string>>>;

export interface Wish {
  readonly name: string;
  readonly expires_at: string | null;
  readonly permissions: string[] | null;
  readonly addresses: string[] | null;
}

/** Null: everything. */
export function namesOf({ all, chosen, text }: PermissionDraft, catalogue: readonly CatalogueEntry[]): readonly string[] | null {
  if (all) return null;
  return catalogue.length > 0 ? chosen : [...new Set([...readNames(text), ...chosen])];
}

/** A wish, or what is wrong at which field. The server alone judges addresses. */
export function wishOf(
  draft: Draft,
  { catalogue, operator, now }: { catalogue: readonly CatalogueEntry[]; operator: boolean; now: Date },
): { readonly wish: Wish } | { readonly errors: DraftErrors } {
  const name = draft.name.trim();
  const end = expiresAt(draft.expiry.choice, draft.expiry.date, now);
  const isEndPast = typeof end === 'string' && Date.parse(end) <= now.getTime();
  const permissions = namesOf(draft.permissions, catalogue);
  const fault = permissions === null ? null : faultOf(permissions, { catalogue, operator });
  const addresses = readAddresses(draft.addresses);
  const errors: DraftErrors = {
    ...(name === '' ? { name: words.nameRequired } : {}),
    ...(end === undefined || isEndPast ? { expires_at: words.expiryDateFault } : {}),
    ...(fault === null ? {} : { permissions: sentenceOf(fault) }),
  };
  if (end === undefined || Object.keys(errors).length > 0) return { errors };
  return {
    wish: {
      name,
      expires_at: end,
      permissions: permissions === null ? null : [...permissions],
      addresses: addresses.length === 0 ? null : [...addresses],
    },
  };
}

export const sentenceOf = (fault: TextFault): string =>
  fault.reason === 'none' ? words.permissionFaults.none : words.permissionFaults[fault.reason](fault.name);
