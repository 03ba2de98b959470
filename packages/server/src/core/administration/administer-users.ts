/**
 * What administrators see of users and accounts, and what they do to users. Everything here requires the platform flag, which the
 * act checks again.
 */
import { type By, happened } from '../audit/event.ts';
import { listSignIns } from '../sign-ins/open-sign-in.ts';
import type { SignIn } from '../sign-ins/sign-in.ts';
import type { AdministrationPorts, ListedUser, UserFactors } from './ports.ts';

export type AdministerUsersPorts = Pick<AdministrationPorts, 'administration' | 'signIns' | 'compose' | 'clock'>;

interface OnUser {
  readonly userId: number;
  readonly actorId: number;
  readonly by: By;
}

export async function describeUser(
  { administration, signIns, clock }: AdministerUsersPorts,
  id: number,
): Promise<{ user: ListedUser; factors: UserFactors; signIns: readonly SignIn[]; hasMoreSignIns: boolean } | null> {
  const user = await administration.findListedUser(id);
  if (user === null) return null;
  const [factors, live] = await Promise.all([administration.factorsOf(id), listSignIns({ signIns, clock }, id)]);
  return { user, factors, signIns: live.signIns, hasMoreSignIns: live.hasMore };
}

export function setAdministrator(
  { administration, clock }: AdministerUsersPorts,
  { userId, actorId, isAdministrator, by }: OnUser & { readonly isAdministrator: boolean },
) {
  const nowMs = clock.now();
  const details = { administrator: isAdministrator };
  const event = happened(by, nowMs, 'user.administrator_set', { userId, details });
  return administration.setAdministrator({ userId, actorId, isAdministrator, nowMs, event });
}

/**
 * The user is notified by mail: anyone who can talk an administrator into this gets the account. `actorId` null: at the command
 * line.
 */
export async function resetSecondFactor(
  { administration, compose, clock }: AdministerUsersPorts,
  { userId, actorId, by }: Omit<OnUser, 'actorId'> & { readonly actorId: number | null },
) {
  const user = await administration.findListedUser(userId);
  if (user === null) return 'gone';
  const nowMs = clock.now();
  const facts = { what: 'reset', atMs: nowMs, address: null, device: null } as const;
  const mails = [compose('factor-changed', { email: user.email, userId }, facts)];
  const event = happened(by, nowMs, 'user.second_factor_reset', { userId, mails });
  return await administration.resetSecondFactor({ userId, actorId, nowMs, event });
}

/** `withSessions`: also the sessions of applications that the user granted, in any sign-in. */
export function endSignInsOf(
  { signIns, clock }: AdministerUsersPorts,
  { userId, withSessions = false, by }: Omit<OnUser, 'actorId'> & { readonly withSessions?: boolean },
): Promise<number> {
  const nowMs = clock.now();
  const event = happened(by, nowMs, 'user.sign_ins_ended', { userId, details: { all: true } });
  return signIns.endSignIns({ userId, withSessions, nowMs, event });
}
