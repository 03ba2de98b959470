/** The overview page of an account. It is requested again and again while a user waits for their first request to arrive. */
import { mayKnowWhereUsed } from '../../../core/teams/member.ts';
import { toTimestamp } from '../../schemas.ts';
import type { DashboardPorts, Serve } from '../serve.ts';

export function overviewRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('GET /accounts/:account/home', async ({ account, turn }) => {
    const places = mayKnowWhereUsed(account.role);
    const { hasToken, hasKey, hasRequest, requestsByDay, last, notices, noticesInAll } = await keyhouse.use.overviewOf(
      account.id,
      turn,
    );
    return {
      has_token: hasToken,
      has_key: hasKey,
      has_request: hasRequest,
      requests_by_day: [...requestsByDay],
      last_request:
        last === null
          ? null
          : {
              at: toTimestamp(last.atMs),
              credential_name: last.credentialName,
              address: places ? last.address : null,
              user_agent: places ? last.userAgent : null,
            },
      notices_total: noticesInAll,
      notices: notices.map(({ kind, credential, atMs }) => ({
        kind,
        credential: { kind: credential.kind, id: credential.id, name: credential.name },
        at: toTimestamp(atMs),
      })),
    };
  });
}
