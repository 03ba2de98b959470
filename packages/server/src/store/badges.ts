/** What takes badges away, within the acts that change an application or who owns it. */
import type { Selectable } from 'kysely';
import { OPERATOR_ACCOUNT_ID } from '../core/accounts/account.ts';
import type { EventDraft } from '../core/audit/event.ts';
import { BADGES, type Badge, type LostBadges, VOUCHED, type Vouched } from '../core/oauth/badge.ts';
import type { Act } from './act.ts';
import { narrowApplication } from './narrowing.ts';
import type { Database } from './schema.ts';

type Row = Selectable<Database['applications']>;
type Marks = Pick<Row, 'account_id' | 'is_first_party' | 'verified_at_ms'>;

/** First-party belongs to applications of the operator's account alone, whatever a row says. */
export const isFirstParty = ({ is_first_party: mark, account_id: accountId }: Omit<Marks, 'verified_at_ms'>): boolean =>
  mark === 1 && accountId === OPERATOR_ACCOUNT_ID;

const badgesOf = (row: Marks): readonly Badge[] =>
  BADGES.filter((badge) => (badge === 'verified' ? row.verified_at_ms !== null : isFirstParty(row)));

export const toLostBadges = (text: string | null): LostBadges | null => (text === null ? null : (JSON.parse(text) as LostBadges));

/** Of everything that a row of an application can say differently; the owner is not in it. */
const COLUMNS: Readonly<Record<Exclude<Vouched, 'owner'>, keyof Row>> = {
  name: 'name',
  homePage: 'home_page',
  logo: 'logo',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  permissions: 'permissions',
  optionalPermissions: 'optional_permissions',
  ownPermissions: 'own_permissions',
  jwks: 'jwks',
};
const LISTS: readonly Vouched[] = [
  'redirectUris',
  'postLogoutRedirectUris',
  'permissions',
  'optionalPermissions',
  'ownPermissions',
  'jwks',
];

/** What of that the columns would change; the order of a list, or of the members of a key, says nothing. */
export function changedOf(row: Row, columns: Partial<Row>): readonly Vouched[] {
  return VOUCHED.filter((what) => {
    if (what === 'owner') return false;
    const column = COLUMNS[what];
    if (!(column in columns)) return false;
    const [before, after] = [row[column], columns[column]].map((value) => value as string | null);
    return LISTS.includes(what) ? inOrder(before ?? null) !== inOrder(after ?? null) : before !== after;
  });
}

/** The columns that say that the badges are lost; none when nothing that they vouch for has changed. `lost`: what goes now. */
export function withoutBadges(
  row: Row,
  changed: readonly Vouched[],
  nowMs: number,
): { readonly columns: Partial<Row>; readonly lost: readonly Badge[] } {
  const before = toLostBadges(row.lost_badges);
  const lost = badgesOf(row);
  if (changed.length === 0 || (lost.length === 0 && before === null)) return { columns: {}, lost: [] };
  const now: LostBadges = {
    badges: BADGES.filter((badge) => lost.includes(badge) || before?.badges.includes(badge)),
    changed: VOUCHED.filter((what) => changed.includes(what) || before?.changed.includes(what)),
    atMs: before?.atMs ?? nowMs,
  };
  return { columns: { verified_at_ms: null, is_first_party: 0, lost_badges: JSON.stringify(now) }, lost };
}

/** What the operator says of one of them: about that one nothing is lost any more. */
export function withJudged(row: Row, judged: readonly Badge[]): Pick<Row, 'lost_badges'> {
  const before = toLostBadges(row.lost_badges);
  const badges = before?.badges.filter((badge) => !judged.includes(badge)) ?? [];
  return { lost_badges: before === null || badges.length === 0 ? null : JSON.stringify({ ...before, badges }) };
}

/** The event that names it, beside the one of the act that caused it. */
export const badgesLost = (
  { name, clientId }: { readonly name: string; readonly clientId: string },
  { atMs, by }: Pick<EventDraft, 'atMs' | 'by'>,
  lost: readonly Badge[],
  changed: readonly Vouched[],
): EventDraft => ({
  ...{ event: 'application.badges_lost', atMs, by },
  details: { application: name, client_id: clientId, badges: [...lost], changed: [...changed] },
});

/** Whoever stands behind an account's applications is somebody else, or has another name. */
export async function takeBadgesOfAccount(act: Act, accountId: number, event: Pick<EventDraft, 'atMs' | 'by'>): Promise<void> {
  // Administrators come and go; the operator stays.
  if (accountId === OPERATOR_ACCOUNT_ID) return;
  const rows = await act.db
    .updateTable('applications')
    // The rows' locks.
    .set((eb) => ({ name: eb.ref('name') }))
    .where('account_id', '=', accountId)
    .where('deleted_at_ms', 'is', null)
    .where((eb) => eb.or([eb('verified_at_ms', 'is not', null), eb('lost_badges', 'is not', null)]))
    .returningAll()
    .execute();
  for (const row of rows) {
    const { columns, lost } = withoutBadges(row, ['owner'], event.atMs);
    await act.db
      .updateTable('applications')
      .set({ ...columns, updated_at_ms: event.atMs })
      .where('id', '=', row.id)
      .execute();
    // Verified applications alone may ask for what is sensitive; either way every cache hears of it.
    if (lost.includes('verified')) await narrowApplication(act, row, event.atMs);
    else act.change({ kind: 'application', id: row.client_id, beforeMs: null, endsAtMs: null });
    if (lost.length > 0)
      act.event(badgesLost({ name: row.name, clientId: row.client_id }, event, lost, ['owner']), { accountId });
  }
}

function inOrder(text: string | null): string | null {
  if (text === null) return null;
  // A JWK Set is a list with a name.
  const value: unknown = JSON.parse(text);
  const items: readonly unknown[] = Array.isArray(value) ? value : (value as { readonly keys: readonly unknown[] }).keys;
  return JSON.stringify(items.map((item) => JSON.stringify(membersInOrder(item))).sort());
}

const membersInOrder = (item: unknown): unknown =>
  typeof item === 'object' && item !== null ? Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)) : item;
