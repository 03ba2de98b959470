/** Registering, with or without an invitation, and the first administrator's setup link. */
import { Refusal } from '../../../core/refusal.ts';
import { invalid, refuseFaults } from '../../faults.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { refuseLink } from './links.ts';
import { settleSignIn } from './settle-sign-in.ts';

export function signUpRoutes(serve: Serve, ports: DashboardPorts): void {
  const { keyhouse, cookies } = ports;
  serve('POST /register', async ({ body, by, request, reply, signIn }) => {
    const signedUp = await keyhouse.signIns.signUp({
      email: body.email,
      password: body.password,
      displayName: body.display_name ?? '',
      invitation: body.invitation ?? null,
      browser: cookies.read(request, 'browser'),
      by,
    });
    if (signedUp.ok) {
      const { next, to } = await settleSignIn(ports, request, reply, signedUp.opened, signIn);
      return { next, to: signedUp.joined === null || leadsOn(to) ? to : `/dashboard/accounts/${signedUp.joined}` };
    }
    throw signedUp.reason === 'link_over'
      ? await refuseLink(keyhouse, 'invitation', body.invitation ?? '')
      : refuseSignUp(signedUp);
  });
  serve('POST /setup/check', async ({ body }) => {
    if (!(await keyhouse.signIns.isSetupTicket(body.ticket))) throw await refuseLink(keyhouse, 'setup', body.ticket);
  });
  serve('POST /setup', async ({ body, by, request, reply, signIn }) => {
    const signedUp = await keyhouse.signIns.setUp({
      ticket: body.ticket,
      email: body.email,
      password: body.password,
      displayName: body.display_name ?? '',
      browser: cookies.read(request, 'browser'),
      by,
    });
    if (signedUp.ok) return await settleSignIn(ports, request, reply, signedUp.opened, signIn);
    throw signedUp.reason === 'link_over' ? await refuseLink(keyhouse, 'setup', body.ticket) : refuseSignUp(signedUp);
  });
}

/** An application's authorization request waits there. */
const leadsOn = (path: string): boolean => path.startsWith('/auth/continue?');

type SignUpRefusal = Exclude<
  Extract<Awaited<ReturnType<DashboardPorts['keyhouse']['signIns']['signUp']>>, { ok: false }>,
  { readonly reason: 'link_over' }
>;

function refuseSignUp(refused: SignUpRefusal): Refusal {
  switch (refused.reason) {
    case 'sign-up-closed':
      return new Refusal({ code: 'not_allowed' });
    case 'other-address':
      return invalid('email', 'The invitation is for another email address.');
    case 'invalid':
      return refuseFaults(refused.faults, (field) => (field === 'displayName' ? 'display_name' : field));
    case 'too-many-tries':
      return new Refusal({ code: 'too_many_requests', retryAfterSeconds: refused.retryAfterSeconds });
    case 'busy':
      return new Refusal({ code: 'busy', retryAfterSeconds: refused.retryAfterSeconds });
  }
}
