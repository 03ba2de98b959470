/** What a user has granted to applications: the grants, and the sessions that run under them. */
import { deviceOf } from '../../../core/lib/device.ts';
import { Refusal } from '../../../core/refusal.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import { logoUrlOf } from '../logo.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { readId } from './refuse.ts';

const MAX_SESSIONS = 100;

export function connectedRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('GET /me/applications', async ({ signIn }) => {
    const connected = await keyhouse.oauth.listConnected(signIn.user.id);
    return {
      applications: connected.map((grant) => ({
        id: grant.id,
        name: grant.name,
        client_id: grant.clientId,
        logo_url: logoUrlOf(grant),
        home_page: grant.homePage,
        first_party: grant.isFirstParty,
        verified: grant.isVerified,
        account: grant.accountName,
        permissions: [...grant.permissions],
        scopes: [...grant.scopes],
        since: toTimestamp(grant.createdAtMs),
        last_used_at: toOptionalTimestamp(grant.lastUsedAtMs),
        live_sessions: grant.liveSessions,
      })),
    };
  });

  serve('DELETE /me/applications/:grant', async ({ params, signIn, by }) => {
    const ended = await keyhouse.oauth.endGrant({ id: readId(params.grant), userId: signIn.user.id }, by);
    if (!ended) throw new Refusal({ code: 'not_found' });
  });

  serve('GET /me/sessions', async ({ signIn }) => {
    const sessions = await keyhouse.sessions.listOfUser(signIn.user.id, {
      limit: MAX_SESSIONS,
    });
    return {
      sessions: sessions.map((session) => ({
        id: session.id,
        application: session.applicationName,
        client_id: session.clientId,
        account: session.accountName,
        permissions: [...session.permissions],
        scopes: [...session.scopes],
        ...deviceOf(session.lastUserAgent),
        address: session.lastAddress,
        created_at: toTimestamp(session.createdAtMs),
        last_used_at: toTimestamp(session.lastUsedAtMs),
      })),
    };
  });

  serve('DELETE /me/sessions/:session', async ({ params, signIn, by }) => {
    const ended = await keyhouse.sessions.end({ id: params.session, userId: signIn.user.id, reason: 'user-ended' }, by);
    if (!ended) throw new Refusal({ code: 'not_found' });
  });
}
