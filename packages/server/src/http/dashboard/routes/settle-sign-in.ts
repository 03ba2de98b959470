/** The last step of every way to sign in to the dashboard: the cookies of a sign-in, or the refusal of a proof. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IN_THE_ACT } from '../../../core/authority.ts';
import { Refusal } from '../../../core/refusal.ts';
import type { Ending } from '../../../core/sign-ins/ending.ts';
import type { OpenedSignIn } from '../../../core/sign-ins/open-sign-in.ts';
import { NO_MATCH_SENTENCE, type ProofFailure } from '../../../core/sign-ins/verify-password.ts';
import type { User } from '../../../core/users/account.ts';
import { invalid } from '../../faults.ts';
import { takeReturnPoint } from '../return-point.ts';
import type { DashboardPorts } from '../serve.ts';

/** A new secret each time; the previous sign-in of this browser ends. `to`: where the browser goes. */
export async function settleSignIn(
  { keyhouse, cookies }: Pick<DashboardPorts, 'keyhouse' | 'cookies'>,
  request: FastifyRequest,
  reply: FastifyReply,
  opened: OpenedSignIn,
  before: { readonly id: number; readonly user: User } | null,
): Promise<{ next: 'done'; to: string }> {
  if (before !== null) {
    const by = { actor: `user:${before.user.id}`, requestId: request.id, person: {}, authority: IN_THE_ACT } as const;
    await keyhouse.signIns.signOut(before.user, before.id, by);
  }
  cookies.clear(reply, 'step');
  cookies.set(reply, 'sign-in', opened.secret);
  cookies.set(reply, 'browser', opened.browser);
  return { next: 'done', to: takeReturnPoint(cookies, request, reply) };
}

/** What a verification of the address, or a new password, would end. */
export const endsOf = (ending: Ending) => ({
  keys: ending.keys.length,
  tokens: ending.tokens.length,
  applications: ending.applications.length,
  sessions: ending.sessions,
  passkeys: ending.passkeys,
  authenticator_app: ending.totp,
});

export const WRONG_PASSKEY = 'This passkey was not accepted.';

export function refuseProof(refused: ProofFailure, field: string): Refusal {
  if (refused.reason === 'no_match') return invalid(field, field === 'password' ? 'The password is wrong.' : NO_MATCH_SENTENCE);
  const code = refused.reason === 'busy' ? ('busy' as const) : ('too_many_requests' as const);
  return new Refusal({ code, retryAfterSeconds: refused.retryAfterSeconds });
}
