/** What ends with something that is about to be deleted, counted when the dialog opens. */

import { Refusal } from '../../../core/refusal.ts';
import { includesRole } from '../../../core/teams/member.ts';
import { describeEnds } from '../account.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { readId } from './refuse.ts';

export function endsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('GET /me/ends', async ({ signIn: { user } }) => {
    const subject = { what: 'user', userId: user.id, accountId: user.accountId } as const;
    const [ends, inTheWay] = await Promise.all([keyhouse.teams.whatEnds(subject), keyhouse.teams.inTheWayOf(user.id)]);
    return {
      ...describeEnds(ends),
      in_the_way: { only_owner_of: [...inTheWay.onlyOwnerOf], last_administrator: inTheWay.isLastAdministrator },
    };
  });

  serve('GET /accounts/:account/ends', async ({ account }) =>
    describeEnds(await keyhouse.teams.whatEnds({ what: 'account', accountId: account.id })),
  );

  serve('GET /accounts/:account/members/:user/ends', async ({ account, params, signIn: { user } }) => {
    const userId = readId(params.user);
    if (userId !== user.id && !includesRole(account.role, 'admin')) throw new Refusal({ code: 'not_found' });
    return describeEnds(await keyhouse.teams.whatEnds({ what: 'member', userId, accountId: account.id }));
  });

  serve('GET /accounts/:account/keys/:id/ends', async ({ account, params }) => {
    const key = await keyhouse.credentials.get('key', readId(params.id));
    if (key === null || key.revokedAtMs !== null || key.accountId !== account.id) throw new Refusal({ code: 'not_found' });
    return describeEnds(await keyhouse.teams.whatEnds({ what: 'key', keyId: key.id }));
  });

  serve('GET /accounts/:account/applications/:id/ends', async ({ account, params }) => {
    const application = await keyhouse.applications.find(readId(params.id));
    if (application === null || application.accountId !== account.id) throw new Refusal({ code: 'not_found' });
    return describeEnds(await keyhouse.teams.whatEnds({ what: 'application', applicationId: application.id }));
  });
}
