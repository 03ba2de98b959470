/**
 * What credentials were used for: counted in memory and written in batches, reported by guards, and judged. Last use, plots,
 * least privilege, reminders, and what an account's first page shows.
 *
 * Owns: the counts of uses, by credential and by permission. No write and no wait on the way of a request.
 * Used by: every door that verifies, `POST /auth/usage`, `/dashboard/api/…/home`, the reminder job.
 */
import { permits } from '@keyhouse/protocol';
import type { AuditStore } from '../audit/event.ts';
import { type Caller, isOpaque } from '../caller.ts';
import type { CredentialsStore } from '../credentials/credential.ts';
import type { RequestSource } from '../credentials/request-source.ts';
import type { Clock } from '../lib/clock.ts';
import { pause } from '../lib/pause.ts';
import { leastOf } from './least-privilege.ts';
import type { NoticeRules } from './notices.ts';
import { overviewOf } from './overview.ts';
import { UNTOLD_PERMISSION } from './permission-use.ts';
import { type RemindPorts, remindPeople } from './reminders.ts';
import { createUsage, type UsagePorts } from './usage.ts';
import type { UseRecorder } from './use-recorder.ts';

export interface UsePorts extends Omit<RemindPorts, 'pause' | 'credentials'>, Omit<UsagePorts, 'use' | 'credentials'> {
  readonly credentials: CredentialsStore;
  readonly recorder: UseRecorder;
  readonly audit: Pick<AuditStore, 'refusedOften'>;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly catalogue: () => ReadonlySet<string>;
  readonly rules: NoticeRules;
}

const NOWHERE = { address: null, userAgent: null };

export type Use = ReturnType<typeof bindUse>;

export function bindUse(ports: UsePorts) {
  const { recorder, credentials, clock } = ports;

  /** A request asked for this permission and was granted it. */
  function usePermission(caller: Caller, permission: string): void {
    if (caller.kind === 'jwt') recorder.recordPermission(caller.keyId, permission, clock.now());
    else if (isOpaque(caller)) recorder.recordPermission(caller.credentialId, permission, clock.now());
  }

  /** A JWT was valid: its key was used, or its session. */
  function useJwt(caller: Caller, from: RequestSource): void {
    if (caller.kind === 'jwt') recorder.add(caller.keyId, 1, from, clock.now());
    if (caller.kind === 'session') ports.seeSession(caller.sessionId, clock.now());
  }

  /** Another service asked about it (introspection), for a request that needs this permission; null: not stated. */
  function useElsewhere(caller: Caller, permission: string | null): void {
    if (isOpaque(caller)) recorder.record(caller.credentialId, caller.isPreviousSecret, NOWHERE, clock.now());
    else useJwt(caller, NOWHERE);
    const isKnown = permission !== null && ports.permissionExists(permission) && permits(caller.permissions, permission);
    usePermission(caller, isKnown ? permission : UNTOLD_PERMISSION);
  }

  return {
    usePermission,
    useJwt,
    useElsewhere,
    /** What a guard has seen. */
    report: createUsage({ ...ports, use: recorder }),
    /** Writes the use that was counted so far. `end`: all of it, even while a flush is running. */
    flush: ({ end = false }: { readonly end?: boolean } = {}): Promise<void> =>
      recorder.flush(credentials, { monotonicMs: ports.monotonicMs, end }),
    /** Uses of these credentials by day, from a day on (days since 1970). */
    byDay: (ids: readonly number[], firstDay: number) => credentials.useByDay(ids, firstDay),
    /** `turn`: between two slices of the work; it may reject, and so end the work. */
    overviewOf: (accountId: number, turn: () => Promise<void> = pause) => overviewOf(ports, accountId, turn),
    leastPrivilegeOf: (about: Parameters<typeof leastOf>[1]) => leastOf(ports, about),
    /** Returns how many users were written to. */
    remindPeople: () => remindPeople({ ...ports, pause: () => new Promise((resolve) => setTimeout(resolve, 20)) }),
  };
}
