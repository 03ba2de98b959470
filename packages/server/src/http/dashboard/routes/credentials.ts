/**
 * What tokens and keys have in common at the private API: how they are shown, and each thing that can be done to one. The two
 * groups of endpoints differ only in who owns them; `Scope` says that, and everything here respects it.
 */
import type { By } from '../../../core/audit/event.ts';
import type { Credential, CredentialWithUse, Undo } from '../../../core/credentials/credential.ts';
import type { CredentialFault } from '../../../core/credentials/wish.ts';
import type { Keyhouse } from '../../../core/keyhouse.ts';
import { DAY_MS } from '../../../core/lib/clock.ts';
import { Refusal } from '../../../core/refusal.ts';
import { LEAST_DAYS, type Least } from '../../../core/use/least-privilege.ts';
import { invalid, refuseFaults } from '../../faults.ts';
import { readDate } from '../../read-date.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import type { Api } from '../api/index.ts';
import { creatorsOf } from '../creators.ts';
import { cutPage, readPage } from '../page.ts';
import { readId } from './refuse.ts';

/** Whose credentials: the tokens of a user, or the keys of an account. Others are reported as missing. */
export type Scope = { readonly kind: 'token'; readonly userId: number } | { readonly kind: 'key'; readonly accountId: number };

/** Whether it is shown from where and with which user agent they are used. */
interface Shown {
  readonly places: boolean;
}

type Row = Api['GET /tokens/:id']['answer']['credential'];
type Detail = Api['GET /tokens/:id']['answer'];
type NarrowBody = Api['POST /tokens/:id/narrow']['body'];
type WishBody = Api['POST /tokens']['body'];

const PLOT_DAYS = 30;
/** Somebody else keeps changing it at the same moment. */
const MAX_TRIES = 3;

export function credentialHandlers(keyhouse: Keyhouse) {
  const { clock } = keyhouse;

  async function find(scope: Scope, id: string): Promise<CredentialWithUse> {
    const found = await keyhouse.credentials.get(scope.kind, readId(id));
    if (found === null || found.revokedAtMs !== null || !isWithin(scope, found)) throw new Refusal({ code: 'not_found' });
    return found;
  }

  /** Rows with their last days of use, which cost one query however many rows there are. */
  async function describe(credentials: readonly CredentialWithUse[], { places }: Shown): Promise<Row[]> {
    const nowMs = clock.now();
    const days = await daysOf(
      credentials.map(({ id }) => id),
      PLOT_DAYS,
    );
    const creator = await creatorsOf(
      keyhouse,
      credentials[0]?.accountId ?? 0,
      credentials.map(({ createdBy }) => createdBy),
    );
    return credentials.map((credential) => ({
      ...rowOf(places ? credential : withoutPlaces(credential), days(credential.id), nowMs),
      created_by: creator(credential.createdBy),
    }));
  }

  /** For each credential its requests on each of the last days, the oldest first, today last. */
  async function daysOf(ids: readonly number[], count: number): Promise<(id: number) => number[]> {
    const first = Math.floor(clock.now() / DAY_MS) - count + 1;
    const uses = Map.groupBy(await keyhouse.use.byDay(ids, first), ({ credentialId }) => credentialId);
    return (id) => {
      const byDay = Array.from({ length: count }, () => 0);
      for (const { day, requests } of uses.get(id) ?? []) if (day - first < count) byDay[day - first] = requests;
      return byDay;
    };
  }

  return {
    find,

    async list(scope: Scope, query: Api['GET /tokens']['query'], shown: Shown): Promise<Api['GET /tokens']['answer']> {
      const page = readPage(query);
      const filter = { ...scope, ...page, withRevoked: false, limit: page.limit + 1 };
      const { rows, next } = cutPage(await keyhouse.credentials.list(filter), page.limit);
      return { credentials: await describe(rows, shown), next };
    },

    async detail(scope: Scope, id: string, shown: Shown): Promise<Detail> {
      const credential = await find(scope, id);
      const [row] = await describe([credential], shown);
      const [least, days, undo] = await Promise.all([
        keyhouse.use.leastPrivilegeOf([credential]),
        daysOf([credential.id], LEAST_DAYS),
        keyhouse.credentials.findUndo(credential.id),
      ]);
      const judged = least.get(credential.id);
      if (row === undefined || judged === undefined) throw new Error('A credential is described only in part.');
      return { credential: row, least: describeLeast(judged), undo: describeUndo(undo), requests_90_days: days(credential.id) };
    },

    /** What was just created, and its secret: the only time that it is shown. */
    async made(scope: Scope, { id }: Credential, secret: string): Promise<Api['POST /tokens']['answer']> {
      const [row] = await describe([await find(scope, String(id))], { places: true });
      if (row === undefined) throw new Error('A credential was created, but cannot be found.');
      return { credential: row, secret };
    },

    async rename(scope: Scope, id: string, name: string, by: By): Promise<void> {
      const renamed = await keyhouse.credentials.rename({ ...scope, id: readId(id), name }, by);
      if (!renamed.ok) throw renamed.reason === 'invalid' ? faulty(renamed.faults) : new Refusal({ code: 'not_found' });
    },

    async narrow(scope: Scope, id: string, { permissions, addresses }: NarrowBody, by: By): Promise<void> {
      const credential = await find(scope, id);
      if (permissions === undefined && addresses === undefined)
        throw invalid('permissions', 'Name the permissions or addresses to keep.');
      const input = {
        kind: scope.kind,
        id: credential.id,
        ...(permissions === undefined ? {} : { permissions }),
        ...(addresses === undefined ? {} : { addresses }),
      };
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const narrowed = await keyhouse.credentials.narrow(input, by);
        if (narrowed.ok) return;
        if (narrowed.reason === 'not_found') throw new Refusal({ code: 'not_found' });
        if (narrowed.reason !== 'changed') throw faulty(narrowed.faults);
      }
      throw new Refusal({ code: 'busy', retryAfterSeconds: 1 });
    },

    async undoNarrowing(scope: Scope, id: string, by: By): Promise<void> {
      const credential = await find(scope, id);
      const undone = await keyhouse.credentials.undoNarrowing({ owned: { ...scope, id: credential.id }, credential }, by);
      if (undone.ok) return;
      throw invalid(
        'narrowing',
        'This can no longer be undone. A day has passed, it was already undone, or the credential was revoked.',
      );
    },

    async rotate(scope: Scope, id: string, overlapSeconds: number, revokeJwts: boolean, by: By) {
      const credential = await find(scope, id);
      const rotated = await keyhouse.credentials.rotate(
        { credential, currentHash: credential.hash, overlapSeconds, revokeJwts },
        by,
      );
      if (rotated.ok) return this.made(scope, rotated.value.credential, rotated.value.text);
      // Revoked in the meantime is a 404; rotated in the meantime must not be done twice, which would end a secret that was just
      // handed out.
      await find(scope, id);
      throw invalid('credential', 'Someone else rotated it at the same time. Reload and check.');
    },

    async endOverlap(scope: Scope, id: string, by: By): Promise<void> {
      const credential = await find(scope, id);
      await keyhouse.credentials.endOverlap({ ...scope, id: credential.id }, by);
    },

    async extendOverlap(scope: Scope, id: string, seconds: number, by: By): Promise<void> {
      const credential = await find(scope, id);
      const extended = await keyhouse.credentials.extendOverlap({ ...scope, id: credential.id, seconds }, by);
      if (!extended)
        throw invalid(
          'seconds',
          'The previous secret cannot be extended. It has expired, or the 7 days after the rotation are over.',
        );
    },

    async revoke(scope: Scope, id: string, by: By): Promise<void> {
      const revoked = await keyhouse.credentials.revoke({ ...scope, id: readId(id) }, by);
      if (!revoked) throw new Refusal({ code: 'not_found' });
    },
  };
}

/** The common part of a wish, from the names of the wire. */
export function readWish({ name, expires_at, permissions, addresses }: WishBody) {
  const expiresAtMs = expires_at === null ? null : readDate(expires_at);
  if (Number.isNaN(expiresAtMs))
    throw invalid('expires_at', 'The expires_at field must be a date such as 2027-11-22T00:00:00Z, or null.');
  return { name, expiresAtMs, permissions, addresses, source: 'dashboard' as const };
}

/** Faults of a wish as field errors. */
export function refuseWish(issued: Extract<Awaited<ReturnType<Keyhouse['credentials']['createToken']>>, { ok: false }>): Refusal {
  if (issued.reason === 'invalid') return faulty(issued.faults);
  return new Refusal({ code: 'account_inactive', state: issued.reason });
}

const faulty = (faults: readonly CredentialFault[] = []): Refusal =>
  refuseFaults(faults, (field) => (field === 'expires' ? 'expires_at' : field));

const describeUndo = (undo: Undo | null): Detail['undo'] =>
  undo === null
    ? null
    : {
        until: toTimestamp(undo.endsAtMs),
        narrowed_at: toTimestamp(undo.narrowedAtMs),
        permissions: copy(undo.permissions),
        addresses: copy(undo.addresses),
      };

const isWithin = (scope: Scope, credential: Credential): boolean =>
  scope.kind === 'token' ? credential.userId === scope.userId : credential.accountId === scope.accountId;

const copy = (list: readonly string[] | null): string[] | null => (list === null ? null : [...list]);

const withoutPlaces = (credential: CredentialWithUse): CredentialWithUse => ({
  ...credential,
  use: { ...credential.use, lastAddress: null, lastUserAgent: null, previousLastAddress: null, previousLastUserAgent: null },
});

/** Built member by member: neither hash can come along. */
function rowOf(credential: CredentialWithUse, requestsByDay: number[], nowMs: number): Omit<Row, 'created_by'> {
  const { id, kind, environment, use, previousEndsAtMs } = credential;
  const isOverlapping = previousEndsAtMs !== null && previousEndsAtMs > nowMs;
  return {
    id,
    kind,
    name: credential.name,
    environment,
    starts_with: startsWith(credential),
    imported_from: credential.imported?.origin ?? null,
    source: credential.source,
    permissions: copy(credential.permissions),
    addresses: copy(credential.addresses),
    created_at: toTimestamp(credential.createdAtMs),
    rotated_at: toOptionalTimestamp(credential.rotatedAtMs),
    expires_at: toOptionalTimestamp(credential.expiresAtMs),
    last_used_at: toOptionalTimestamp(use.lastUsedAtMs),
    last_address: use.lastAddress,
    last_user_agent: use.lastUserAgent,
    requests_by_day: requestsByDay,
    overlap: isOverlapping
      ? {
          ends_at: toTimestamp(previousEndsAtMs),
          requests: use.previousRequests,
          last_used_at: toOptionalTimestamp(use.previousLastUsedAtMs),
          last_address: use.previousLastAddress,
          last_user_agent: use.previousLastUserAgent,
        }
      : null,
  };
}

/** An imported one has the prefix of its origin until it is rotated. */
function startsWith({ id, kind, environment, imported, rotatedAtMs }: CredentialWithUse): string {
  if (imported !== null && rotatedAtMs === null) return imported.startsWith;
  return kind === 'token' ? `${id}|kh_` : `kh_${environment}_`;
}

/**
 * Everything that was used is listed; of what was not used only this many: a catalogue of a thousand permissions would be a
 * thousand lines.
 */
const MAX_UNUSED_ROWS = 20;

export function describeLeast({ permissions, ...judged }: Least): Detail['least'] {
  const unused = permissions.filter(({ requests90Days }) => requests90Days === 0);
  const hidden = new Set(unused.slice(MAX_UNUSED_ROWS));
  return {
    permissions: permissions
      .filter((row) => !hidden.has(row))
      .map((row) => ({
        name: row.name,
        granted: row.granted,
        requests_30_days: row.requests30Days,
        requests_90_days: row.requests90Days,
        last_used_at: toOptionalTimestamp(row.lastUsedAtMs),
      })),
    more_unused: hidden.size,
    observed_since: toTimestamp(judged.observedSinceMs),
    watched_since: toTimestamp(judged.watchedSinceMs),
    watched_days: judged.watchedDays,
    suggests_from: toOptionalTimestamp(judged.suggestsFromMs),
    untold_requests: judged.untoldRequests,
    narrow_to: copy(judged.narrowTo),
  };
}
