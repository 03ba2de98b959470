/** What ends with something that is to be deleted, counted when the dialog asks. */
import { includesRole } from '../../../core/accounts/member.ts';
import { Refusal } from '../../../core/refusal.ts';
import { describeEnds } from '../account.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { readId } from './refuse.ts';

export function endsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const { store, clock } = keyhouse;

  serve('GET /me/ends', async ({ signIn: { user } }) => {
    const subject = { what: 'user', userId: user.id, accountId: user.accountId } as const;
    const [ends, inTheWay] = await Promise.all([store.ends.whatEnds(subject, clock.now()), store.ends.inTheWayOf(user.id)]);
    return {
      ...describeEnds(ends),
      in_the_way: { only_owner_of: [...inTheWay.onlyOwnerOf], last_administrator: inTheWay.isLastAdministrator },
    };
  });

  serve('GET /accounts/:account/ends', async ({ account }) =>
    describeEnds(await store.ends.whatEnds({ what: 'account', accountId: account.id }, clock.now())),
  );

  serve('GET /accounts/:account/members/:user/ends', async ({ account, params, signIn: { user } }) => {
    const userId = readId(params.user);
    if (userId !== user.id && !includesRole(account.role, 'admin')) throw new Refusal({ code: 'not_found' });
    return describeEnds(await store.ends.whatEnds({ what: 'member', userId, accountId: account.id }, clock.now()));
  });

  serve('GET /accounts/:account/keys/:id/ends', async ({ account, params }) => {
    const key = await store.credentials.getCredential('key', readId(params.id));
    if (key === null || key.revokedAtMs !== null || key.accountId !== account.id) throw new Refusal({ code: 'not_found' });
    return describeEnds(await store.ends.whatEnds({ what: 'key', keyId: key.id }, clock.now()));
  });

  serve('GET /accounts/:account/applications/:id/ends', async ({ account, params }) => {
    const application = await store.applications.findApplication(readId(params.id));
    if (application === null || application.accountId !== account.id) throw new Refusal({ code: 'not_found' });
    return describeEnds(await store.ends.whatEnds({ what: 'application', applicationId: application.id }, clock.now()));
  });
}
