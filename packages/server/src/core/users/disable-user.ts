/**
 * Disables a user, or enables them again. While disabled, none of the user's credentials is accepted; those that were not revoked
 * work again afterwards, but earlier JWTs stay revoked. A team without another enabled owner is suspended during that time:
 * everything in it works again, JWTs included, as soon as one of its owners is enabled.
 */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { User } from './account.ts';
import type { UsersPorts } from './ports.ts';

export type DisableUserPorts = Pick<UsersPorts, 'accounts' | 'clock'>;

export interface DisableUserInput {
  readonly userId: number;
  /** The administrator who does it in the dashboard; left out at the command line. */
  readonly administratorId?: number;
  readonly by: By;
}

/** `last_administrator`: no enabled user would administer this server. `not_allowed`: the administrator is not one any more. */
type DisableOutcome = Outcome<User, 'unknown_user' | 'already_so' | 'last_administrator' | 'not_allowed'>;

/** Disables; every JWT of the user and of the personal account is revoked. Returns the user as it was before. */
export function disableUser(ports: DisableUserPorts, input: DisableUserInput): Promise<DisableOutcome> {
  return setDisabled(ports, input, true);
}

/** Enables again. */
export function enableUser(ports: DisableUserPorts, input: DisableUserInput): Promise<DisableOutcome> {
  return setDisabled(ports, input, false);
}

async function setDisabled(
  { accounts, clock }: DisableUserPorts,
  { userId, administratorId, by }: DisableUserInput,
  disabled: boolean,
): Promise<DisableOutcome> {
  const user = await accounts.findUser(userId);
  if (user === null) return no('unknown_user');
  const nowMs = clock.now();
  const outcome = await accounts.setUserDisabled({
    userId,
    ...(administratorId === undefined ? {} : { administratorId }),
    disabled,
    nowMs,
    event: happened(by, nowMs, disabled ? 'user.disabled' : 'user.enabled', { userId, accountId: user.accountId }),
  });
  return outcome === 'done' ? ok(user) : no(outcome);
}
