/** What people do with links that came by mail: set a new password, verify the address. */
import { PASSWORD_SENTENCES } from '../../../core/passwords/password.ts';
import { Refusal } from '../../../core/refusal.ts';
import { invalid } from '../../faults.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { refuseLink, refuseVerification } from './links.ts';
import { endsOf } from './settle-sign-in.ts';

/** When to ask again after the mailbox has received its maximum of links; those that it has stay valid. */
const MAILBOX_RETRY_SECONDS = 3600;

export function resetRoutes(serve: Serve, { keyhouse, cookies }: DashboardPorts): void {
  serve('POST /forgot', async ({ body, by }) => {
    const asked = await keyhouse.signIns.requestReset(body.email, by);
    if (!asked.ok) throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: asked.retryAfterSeconds });
  });
  serve('POST /reset/check', async ({ body }) => {
    const user = await keyhouse.signIns.findReset(body.ticket);
    if (user === null) throw await refuseLink(keyhouse, 'reset-password', body.ticket);
    const { isFirstProof, ending } = await keyhouse.signIns.readReset(user);
    return {
      email: user.email,
      first_proof: isFirstProof,
      ends: endsOf(ending),
      two_step: !isFirstProof && user.twoStepSinceMs !== null,
    };
  });
  serve('POST /reset', async ({ body, by, reply }) => {
    const reset = await keyhouse.signIns.resetWithTicket(body.ticket, body.password, by);
    if (reset.ok) return cookies.clear(reply, 'sign-in');
    if (reset.reason === 'gone') throw await refuseLink(keyhouse, 'reset-password', body.ticket);
    if (reset.reason === 'busy') throw new Refusal({ code: 'busy', retryAfterSeconds: 1 });
    throw invalid('password', PASSWORD_SENTENCES[reset.reason]);
  });
}

export function verifyEmailRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('POST /verify-email', async ({ body, signIn, by }) => {
    const user = await keyhouse.users.verifyEmail(signIn.user, body.ticket, by);
    if (user === null) throw await refuseVerification(keyhouse, signIn.user, body.ticket);
    return { email: user.email };
  });
  serve('POST /verify-email/send', async ({ signIn, by }) => {
    const asked = await keyhouse.signIns.admitMail(signIn.user.email, by);
    if (!asked.ok) throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: asked.retryAfterSeconds });
    if (!(await keyhouse.users.sendVerification(signIn.user, by)))
      throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: MAILBOX_RETRY_SECONDS });
  });
}
