/** Personal access tokens: always those of the signed-in user. */

import type { SignedIn } from '../door.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { credentialHandlers, readWish, refuseWish, type Scope } from './credentials.ts';

const OWN = { places: true };

export function tokensRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const handlers = credentialHandlers(keyhouse);

  serve('GET /permissions', async () => ({
    permissions: (await keyhouse.permissions.list()).map(({ name, sentence, isGrantable, isSensitive }) => ({
      name,
      sentence,
      grantable: isGrantable,
      sensitive: isSensitive,
    })),
  }));

  serve('GET /tokens', ({ signIn, query }) => handlers.list(of(signIn), query, OWN));

  serve('POST /tokens', async ({ signIn, body, by }) => {
    const { id: userId, accountId } = signIn.user;
    const issued = await keyhouse.credentials.createToken({ ...readWish(body), userId, accountId }, by);
    if (!issued.ok) throw refuseWish(issued);
    return handlers.made(of(signIn), issued.value.token, issued.value.text);
  });

  serve('GET /tokens/:id', ({ signIn, params }) => handlers.detail(of(signIn), params.id, OWN));
  serve('PATCH /tokens/:id', ({ signIn, params, body, by }) => handlers.rename(of(signIn), params.id, body.name, by));
  serve('POST /tokens/:id/narrow', ({ signIn, params, body, by }) => handlers.narrow(of(signIn), params.id, body, by));
  serve('POST /tokens/:id/narrow/undo', ({ signIn, params, by }) => handlers.undoNarrowing(of(signIn), params.id, by));
  serve('POST /tokens/:id/rotate', ({ signIn, params, body, by }) =>
    handlers.rotate(of(signIn), params.id, body.overlap_seconds, false, by),
  );
  serve('POST /tokens/:id/overlap/end', ({ signIn, params, by }) => handlers.endOverlap(of(signIn), params.id, by));
  serve('POST /tokens/:id/overlap/extend', ({ signIn, params, body, by }) =>
    handlers.extendOverlap(of(signIn), params.id, body.seconds, by),
  );
  serve('DELETE /tokens/:id', ({ signIn, params, by }) => handlers.revoke(of(signIn), params.id, by));
}

const of = ({ user }: SignedIn): Scope => ({ kind: 'token', userId: user.id });
