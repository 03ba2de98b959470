/**
 * Single-use secrets with a purpose: links in mails, second steps of a sign-in, challenges. A ticket is deleted by the act that
 * redeems it.
 */
import { CEILINGS } from '../core/lib/ceilings.ts';
import { DAY_MS } from '../core/lib/clock.ts';
import type { Ticket, TicketPurpose, TicketsStore } from '../core/users/ticket.ts';
import type { Act } from './act.ts';
import { toBytes } from './hex.ts';
import type { Db } from './prepared.ts';
import { lockEnabledUser } from './users.ts';

type Input<Name extends keyof TicketsStore> = Parameters<TicketsStore[Name]>[0];

export function ticketsReads(db: Db): Pick<TicketsStore, 'findTicket'> {
  return {
    async findTicket(purpose, hash, nowMs) {
      const row = await db
        .selectFrom('tickets')
        .selectAll()
        .where('hash', '=', toBytes(hash))
        .where('purpose', '=', purpose)
        .where('ends_at_ms', '>', nowMs)
        .executeTakeFirst();
      return row === undefined ? null : toTicket(row);
    },
  };
}

export const ticketsActs = {
  async issueTicket(act: Act, { ticket, replace, event }: Input<'issueTicket'>): Promise<boolean> {
    if (event !== null && !(await act.mayMail(event))) return false;
    if (replace) await endTickets(act.db, ticket.userId, ticket.purpose);
    else await dropOldTickets(act.db, ticket);
    await act.db
      .insertInto('tickets')
      .values({
        hash: toBytes(ticket.hash),
        purpose: ticket.purpose,
        user_id: ticket.userId,
        data: JSON.stringify(ticket.data),
        created_at_ms: ticket.createdAtMs,
        ends_at_ms: ticket.endsAtMs,
      })
      .execute();
    if (event !== null) act.event(event);
    return true;
  },

  async redeemTicket(act: Act, { purpose, hash, nowMs }: Input<'redeemTicket'>): Promise<Ticket | null> {
    return await redeem(act.db, { purpose, hash, nowMs });
  },

  async useOnce(act: Act, { purpose, hash, nowMs, endsAtMs }: Input<'useOnce'>): Promise<boolean> {
    const inserted = await act.db
      .insertInto('tickets')
      .values({ hash: toBytes(hash), purpose, user_id: null, data: '{}', created_at_ms: nowMs, ends_at_ms: endsAtMs })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .executeTakeFirst();
    return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
  },

  async sweepTickets(act: Act, { nowMs, limit }: Input<'sweepTickets'>): Promise<boolean> {
    const over = act.db.selectFrom('tickets').select('hash').where('ends_at_ms', '<=', nowMs).orderBy('ends_at_ms').limit(limit);
    const deleted = await act.db.deleteFrom('tickets').where('hash', 'in', over).executeTakeFirst();
    return Number(deleted.numDeletedRows) === limit;
  },
};

const LINKS: ReadonlySet<TicketPurpose> = new Set(['verify-email', 'new-email', 'reset-password', 'setup', 'invitation']);
/** How long a used link is still answered as used. */
const MARK_LASTS_MS = 30 * DAY_MS;

/**
 * For acts that use a ticket up together with its purpose: the row is deleted, so no other act can. A link leaves an empty mark.
 */
export async function redeem(
  db: Db,
  { purpose, hash, nowMs }: { purpose: TicketPurpose; hash: string; nowMs: number },
): Promise<Ticket | null> {
  const row = await db
    .deleteFrom('tickets')
    .where('hash', '=', toBytes(hash))
    .where('purpose', '=', purpose)
    .where('ends_at_ms', '>', nowMs)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  if (LINKS.has(purpose))
    await keepTicket(db, hash, { purpose: 'used', userId: null, data: {}, createdAtMs: nowMs, endsAtMs: nowMs + MARK_LASTS_MS });
  return toTicket(row);
}

/**
 * Stores a ticket under the hash of its secret, replacing one that exists; for the mark, and for acts that redeemed a ticket and
 * then do nothing with it.
 */
export async function keepTicket(db: Db, hash: string, ticket: Ticket): Promise<void> {
  const row = {
    purpose: ticket.purpose,
    user_id: ticket.userId,
    data: JSON.stringify(ticket.data),
    created_at_ms: ticket.createdAtMs,
    ends_at_ms: ticket.endsAtMs,
  };
  await db
    .insertInto('tickets')
    .values({ hash: toBytes(hash), ...row })
    .onConflict((conflict) => conflict.column('hash').doUpdateSet(row))
    .execute();
}

/** Ends a user's tickets, of one purpose or all. `null`: tickets without a user, of that purpose. */
export async function endTickets(db: Db, userId: number | null, purpose?: TicketPurpose): Promise<void> {
  let query = db.deleteFrom('tickets').where('user_id', userId === null ? 'is' : '=', userId);
  if (purpose !== undefined) query = query.where('purpose', '=', purpose);
  await query.execute();
}

/**
 * Keeps the newest tickets of a user and purpose, and deletes the others. For those that do not replace each other: log-ins that
 * wait for their second step.
 */
async function dropOldTickets(db: Db, { userId, purpose }: Ticket): Promise<void> {
  // Under the lock of the user, so that two at once both count.
  if (userId === null || (await lockEnabledUser(db, userId, null)) === null) return;
  const waiting = await db
    .selectFrom('tickets')
    .select('hash')
    .where('user_id', '=', userId)
    .where('purpose', '=', purpose)
    .orderBy('created_at_ms', 'desc')
    .execute();
  for (const { hash } of waiting.slice(CEILINGS.secondStepsOfUser - 1))
    await db.deleteFrom('tickets').where('hash', '=', hash).execute();
}

const toTicket = (row: {
  purpose: string;
  user_id: number | null;
  data: string;
  created_at_ms: number;
  ends_at_ms: number;
}): Ticket => ({
  purpose: row.purpose as TicketPurpose,
  userId: row.user_id,
  data: JSON.parse(row.data) as Record<string, unknown>,
  createdAtMs: row.created_at_ms,
  endsAtMs: row.ends_at_ms,
});
