/** Taking badges away, within the acts that change an application or the owners of its account. */
import type { Selectable } from 'kysely';
import { BADGES, type Badge, type LostBadges, VOUCHED, type Vouched } from '../core/applications/badge.ts';
import { type EventDraft, happened } from '../core/audit/event.ts';
import { OPERATOR_ACCOUNT_ID } from '../core/users/account.ts';
import type { Act } from './act.ts';
import { narrowApplication } from './narrowing.ts';
import type { Database } from './schema.ts';

type Row = Selectable<Database['applications']>;
type Marks = Pick<Row, 'account_id' | 'is_first_party' | 'verified_at_ms'>;

/** Only applications of the operator's account can be first-party, whatever a row says. */
export const isFirstParty = ({ is_first_party: mark, account_id: accountId }: Omit<Marks, 'verified_at_ms'>): boolean =>
  mark === 1 && accountId === OPERATOR_ACCOUNT_ID;

const badgesOf = (row: Marks): readonly Badge[] =>
  BADGES.filter((badge) => (badge === 'verified' ? row.verified_at_ms !== null : isFirstParty(row)));

export const toLostBadges = (text: string | null): LostBadges | null => (text === null ? null : (JSON.parse(text) as LostBadges));

/** The columns that badges vouch for. The owner is not a column of the application. */
const COLUMNS: Readonly<Record<Exclude<Vouched, 'owner'>, keyof Row>> = {
  name: 'name',
  homePage: 'home_page',
  logo: 'logo',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  allowsSchemesWithoutDot: 'schemes_without_dot',
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

/** Which of them the columns would change. The order of a list, or of the members of a key, does not count. */
export function changedOf(row: Row, columns: Partial<Row>): readonly Vouched[] {
  return VOUCHED.filter((what) => {
    if (what === 'owner') return false;
    const column = COLUMNS[what];
    if (!(column in columns)) return false;
    const [before, after] = [row[column], columns[column]];
    if (!LISTS.includes(what)) return before !== after;
    return inOrder((before ?? null) as string | null) !== inOrder((after ?? null) as string | null);
  });
}

/** The columns to write if something changed that badges vouch for; none otherwise. `lost`: the badges that it loses now. */
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

/** After the operator has judged one of them, that one does not count as lost any more. */
export function withJudged(row: Row, judged: readonly Badge[]): Pick<Row, 'lost_badges'> {
  const before = toLostBadges(row.lost_badges);
  const badges = before?.badges.filter((badge) => !judged.includes(badge)) ?? [];
  return { lost_badges: before === null || badges.length === 0 ? null : JSON.stringify({ ...before, badges }) };
}

/** The event for lost badges, in addition to that of the act that caused it. */
export const badgesLost = (
  { name, clientId }: { readonly name: string; readonly clientId: string },
  { atMs, by }: Pick<EventDraft, 'atMs' | 'by'>,
  lost: readonly Badge[],
  changed: readonly Vouched[],
): EventDraft =>
  happened(by, atMs, 'application.badges_lost', {
    details: { application: name, client_id: clientId, badges: [...lost], changed: [...changed] },
  });

/** The owners of an account, or its name, have changed: takes the badges of its applications away. */
export async function takeBadgesOfAccount(act: Act, accountId: number, event: Pick<EventDraft, 'atMs' | 'by'>): Promise<void> {
  // Its administrators change, but it is always the operator's.
  if (accountId === OPERATOR_ACCOUNT_ID) return;
  const rows = await act.db
    .updateTable('applications')
    // The locks of the rows.
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
    // Only verified applications may ask for sensitive permissions. Either way every cache must forget it.
    if (lost.includes('verified')) await narrowApplication(act, row, event.atMs);
    else act.change({ kind: 'application', id: row.client_id, beforeMs: null, endsAtMs: null });
    if (lost.length > 0)
      act.event(badgesLost({ name: row.name, clientId: row.client_id }, event, lost, ['owner']), { accountId });
  }
}

function inOrder(text: string | null): string | null {
  if (text === null) return null;
  // Of a JWK Set, the list of its keys.
  const value: unknown = JSON.parse(text);
  const items: readonly unknown[] = Array.isArray(value) ? value : (value as { readonly keys: readonly unknown[] }).keys;
  return JSON.stringify(items.map((item) => JSON.stringify(membersInOrder(item))).sort());
}

const membersInOrder = (item: unknown): unknown =>
  typeof item === 'object' && item !== null ? Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)) : item;
