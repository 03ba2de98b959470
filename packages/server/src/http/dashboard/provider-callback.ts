/** Where another provider sends the browser back to. It answers with a redirect, always to a page of our own. */
import type { FastifyInstance } from 'fastify';
import { IN_THE_ACT } from '../../core/authority.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Authenticator } from '../authenticate.ts';
import type { Cookies } from './cookies.ts';
import { firstPageOf, waitingRequest } from './return-path.ts';
import { forgetLink, takeReturnPoint } from './return-point.ts';

interface Ports {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
  readonly cookies: Cookies;
  readonly url: string;
}

export function serveProviderCallback(app: FastifyInstance, { keyhouse, authenticator, cookies, url }: Ports): void {
  app.get('/login/provider/:provider', { schema: { hide: true } }, async (request, reply) => {
    // This address contains the code: no other site may learn where the browser came from.
    reply.headers({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    if (!authenticator.isPrivate(request.raw)) throw new Refusal({ code: 'use_https' });
    const secret = cookies.read(request, 'sign-in');
    const found = secret === null ? null : await keyhouse.signIns.find(secret);
    const signIn = found === null ? null : { id: found.signIn.id, user: found.user };
    const stranger = authenticator.byStranger(request.raw, request.id);
    const step = cookies.read(request, 'step');
    const ended = await keyhouse.providers.finish({
      step,
      provider: (request.params as { provider: string }).provider,
      callbackUrl: `${url}${request.url}`,
      signIn,
      browser: cookies.read(request, 'browser'),
      by: signIn === null ? stranger : { ...stranger, actor: `user:${signIn.user.id}`, authority: IN_THE_ACT },
    });
    cookies.clear(reply, 'step');
    // The browser kept none, it took too long, or this is another browser: the page says which, by whether this one comes back.
    if (step === null) cookies.set(reply, 'probe', '1');
    if (!ended.ok) return reply.redirect(`${pageOfFailure(cookies.read(request, 'return'), signIn !== null)}#${ended.reason}`);
    if (ended.purpose !== 'log-in') return reply.redirect('/dashboard/settings/security');
    if (ended.entered.next !== 'done') {
      cookies.set(reply, 'step', ended.entered.step);
      return reply.redirect('/login');
    }
    if (signIn !== null)
      await keyhouse.signIns.signOut(signIn.user, signIn.id, {
        actor: `user:${signIn.user.id}`,
        requestId: request.id,
        person: {},
        authority: IN_THE_ACT,
      });
    cookies.set(reply, 'sign-in', ended.entered.opened.secret);
    cookies.set(reply, 'browser', ended.entered.opened.browser);
    if (ended.accepted === null) return reply.redirect(takeReturnPoint(cookies, request, reply));
    // The invitation of the link is used up.
    forgetLink(cookies, request, reply);
    const waits = waitingRequest(cookies.read(request, 'return')) !== null;
    return reply.redirect(waits ? takeReturnPoint(cookies, request, reply) : firstPageOf(ended.accepted));
  });
}

/** Where it was begun: at a sign-in, also by a signed-in user who must give an application a new proof; or at a settings page. */
function pageOfFailure(returnPoint: string | null, isSignedIn: boolean): string {
  const request = waitingRequest(returnPoint);
  if (request !== null) return `/login?request=${request}`;
  return isSignedIn ? '/dashboard/settings/security' : '/login';
}
