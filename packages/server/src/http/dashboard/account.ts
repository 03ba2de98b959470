/** Accounts as the private API describes them. */

import type { AccountWithRole } from '../../core/teams/member.ts';
import type { WhatEnds } from '../../core/teams/what-ends.ts';
import type { Suspension } from '../../core/users/account.ts';
import { toTimestamp } from '../schemas.ts';

export const describeAccountOfUser = ({ id, kind, name, role, suspension }: AccountWithRole) => ({
  ...{ id, kind, name, role },
  suspension: describeSuspension(suspension),
});

export const describeSuspension = (suspension: Suspension | null) =>
  suspension === null ? null : { since: toTimestamp(suspension.sinceMs), reason: suspension.reason };

export const describeEnds = ({ applicationSessions, signIns, ...ends }: WhatEnds) => ({
  ...ends,
  sign_ins: signIns,
  application_sessions: applicationSessions,
});
