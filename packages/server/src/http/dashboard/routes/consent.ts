/** What the consent page and the page that asks before logging out need. The rest of the flow is `/auth`. */
import type { SignedInPerson } from '../../../core/oauth/authorize.ts';
import { destinationOf } from '../../../core/oauth/destination.ts';
import { Refusal } from '../../../core/refusal.ts';
import { invalid } from '../../faults.ts';
import type { SignedIn } from '../door.ts';
import { logoUrlOf } from '../logo.ts';
import type { DashboardPorts, Serve } from '../serve.ts';

const OVER = 'This request has expired. Start again from the application.';

export function consentRoutes(serve: Serve, { keyhouse, cookies }: DashboardPorts): void {
  serve('POST /consent/check', async ({ body: { request }, signIn }) => {
    const asked = await keyhouse.oauth.askConsent(request, personOf(signIn));
    if (asked === 'request_over') throw invalid('request', OVER);
    if (asked === 'log_in') throw new Refusal({ code: 'not_signed_in' });
    const { client, accounts, scopes } = asked;
    return {
      application: {
        client_id: client.clientId,
        name: client.name,
        home_page: client.homePage,
        logo_url: logoUrlOf(client),
        owner: client.accountName,
        verified: client.verifiedAtMs !== null,
        first_party: client.isFirstParty,
      },
      destination: asked.destination,
      asked_again: asked.isAskedAgain,
      local: asked.isLocal,
      user: { id: signIn.user.id, email: signIn.user.email, display_name: signIn.user.displayName },
      accounts: accounts.map(({ id, name, kind, role }) => ({ id, name, kind, role })),
      permissions: asked.permissions.map(({ name, sentence, isOptional, isSensitive, isDeclined }) => ({
        ...{ name, sentence },
        optional: isOptional,
        sensitive: isSensitive,
        declined: isDeclined,
      })),
      profile: scopes.includes('profile'),
      email: scopes.includes('email'),
    };
  });

  serve('POST /consent', async ({ body, signIn, by, reply }) => {
    const { request, decision, user = signIn.user.id, account = null, permissions = null } = body;
    if (user !== signIn.user.id) throw new Refusal({ code: 'not_signed_in' });
    const answer = { request, isAllowed: decision === 'allow', accountId: account, permissions };
    const answered = await keyhouse.oauth.answerConsent(answer, personOf(signIn), by);
    if (answered === 'request_over') throw invalid('request', OVER);
    if (answered === 'log_in') throw new Refusal({ code: 'not_signed_in' });
    if (answered === 'proof_required') throw new Refusal({ code: 'proof_required' });
    if (answered === 'beyond') throw invalid('permissions', 'This does not match what the application asked for.');
    cookies.clear(reply, 'return');
    return { location: answered.location };
  });

  serve('POST /log-out/check', async ({ body: { request }, signIn }) => {
    const parked = keyhouse.oauth.openLogout(request);
    if (parked === null) throw invalid('request', OVER);
    const destination = parked.location === null ? null : destinationOf(parked.location);
    return { application: parked.application, destination, signed_in: signIn !== null };
  });

  serve('POST /log-out/confirm', async ({ body: { request }, signIn, by, reply }) => {
    const parked = keyhouse.oauth.openLogout(request);
    if (parked === null) throw invalid('request', OVER);
    if (signIn !== null) {
      const { end } = parked;
      if (end?.userId === signIn.user.id) await keyhouse.sessions.end({ id: end.sessionId, ...end, reason: 'signed-out' }, by);
      await keyhouse.signIns.signOut(signIn.user, signIn.id, by);
    }
    cookies.clear(reply, 'sign-in');
    return { location: parked.location ?? '/logged-out' };
  });
}

const personOf = ({ id, user, provedAtMs }: SignedIn): SignedInPerson => ({ id, user, provedAtMs });
