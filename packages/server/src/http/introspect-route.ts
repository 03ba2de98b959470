/** Introspection with a bearer credential in its plain form: resource servers ask it as often as gateways ask `/verify`. */
import { FEED_POSITION_HEADER, type FeedPosition, formatPosition } from '@keyhouse/protocol';
import type { OpaqueCaller } from '../core/caller.ts';
import type { Asking, Introspection } from '../core/oauth/introspect.ts';
import { Refusal } from '../core/refusal.ts';
import type { Authenticator } from './authenticate.ts';
import { readIntrospection } from './introspection-question.ts';
import type { PlainPost } from './plain-post.ts';

interface Ports {
  readonly authenticator: Authenticator;
  readonly introspect: (asker: OpaqueCaller, asking: Asking) => Introspection | Promise<Introspection>;
  readonly position: () => FeedPosition;
}

/** The order of the contract: 401, 403 for the kind of caller, 400 for the body. */
export const plainIntrospection = ({ authenticator, introspect, position }: Ports): PlainPost => ({
  path: '/auth/introspect',
  isOAuth: true,
  takes: ({ kind }) => kind === 'bearer',
  answer: async ({ request, requestId, authorization, body }) => {
    const authenticated = await authenticator.authenticate(authorization, request, requestId);
    if (!authenticated.ok) throw new Refusal(authenticated.refused);
    const { caller } = authenticated;
    if (caller.kind !== 'key') {
      authenticator.recordForbidden(caller, request, requestId, { lacking: null });
      throw new Refusal({ code: 'forbidden' });
    }
    const asking = readIntrospection(body(), request.headers);
    // Before the answer is created: what is read of the list after this may be in it, what was read before certainly is.
    const headers = { [FEED_POSITION_HEADER]: formatPosition(position()) };
    return { status: 200, headers, body: await introspect(caller, asking) };
  },
});
