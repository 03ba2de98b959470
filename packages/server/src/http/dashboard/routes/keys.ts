/** API keys: those of the account in the path, in which the door has found the required role. */
import { type AccountWithRole, mayKnowWhereUsed } from '../../../core/teams/member.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { credentialHandlers, readWish, refuseWish, type Scope } from './credentials.ts';

export function keysRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const handlers = credentialHandlers(keyhouse);

  serve('GET /accounts/:account/keys', ({ account, query }) => handlers.list(of(account), query, shownTo(account)));

  serve('POST /accounts/:account/keys', async ({ account, body, by }) => {
    const { environment, ...wish } = body;
    const issued = await keyhouse.credentials.createKey({ ...readWish(wish), environment, accountId: account.id }, by);
    if (!issued.ok) throw refuseWish(issued);
    return handlers.made(of(account), issued.value.key, issued.value.text);
  });

  serve('GET /accounts/:account/keys/:id', ({ account, params }) => handlers.detail(of(account), params.id, shownTo(account)));
  serve('PATCH /accounts/:account/keys/:id', ({ account, params, body, by }) =>
    handlers.rename(of(account), params.id, body.name, by),
  );
  serve('POST /accounts/:account/keys/:id/narrow', ({ account, params, body, by }) =>
    handlers.narrow(of(account), params.id, body, by),
  );
  serve('POST /accounts/:account/keys/:id/narrow/undo', ({ account, params, by }) =>
    handlers.undoNarrowing(of(account), params.id, by),
  );
  serve('POST /accounts/:account/keys/:id/rotate', ({ account, params, body, by }) =>
    handlers.rotate(of(account), params.id, body.overlap_seconds, body.revoke_jwts, by),
  );
  serve('POST /accounts/:account/keys/:id/overlap/end', ({ account, params, by }) =>
    handlers.endOverlap(of(account), params.id, by),
  );
  serve('POST /accounts/:account/keys/:id/overlap/extend', ({ account, params, body, by }) =>
    handlers.extendOverlap(of(account), params.id, body.seconds, by),
  );
  serve('DELETE /accounts/:account/keys/:id', ({ account, params, by }) => handlers.revoke(of(account), params.id, by));
}

const of = ({ id }: AccountWithRole): Scope => ({ kind: 'key', accountId: id });

const shownTo = ({ role }: AccountWithRole) => ({ places: mayKnowWhereUsed(role) });
