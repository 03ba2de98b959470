/** Accounts, as administrators see them: found, suspended, resumed, deleted. */

import { findReasonFault } from '../../../core/administration/operator-accounts.ts';
import type { ListedAccount } from '../../../core/administration/ports.ts';
import { Refusal } from '../../../core/refusal.ts';
import { invalid } from '../../faults.ts';
import { toTimestamp } from '../../schemas.ts';
import { describeEnds, describeSuspension } from '../account.ts';
import { cutPage, readPage } from '../page.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { LAST_ADMINISTRATOR } from './operator-users.ts';
import { readId, readSearch } from './refuse.ts';

export function operatorAccountsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const find = async (text: string): Promise<ListedAccount> => {
    const account = await keyhouse.administration.findListedAccount(readId(text));
    if (account === null) throw new Refusal({ code: 'not_found' });
    return account;
  };

  serve('GET /operator/accounts', async ({ query }) => {
    const page = readPage(query);
    const found = await keyhouse.administration.findAccounts({ ...page, limit: page.limit + 1, query: readSearch(query.q) });
    const { rows, next } = cutPage(found, page.limit);
    return { accounts: rows.map(describe), next };
  });

  serve('GET /operator/accounts/:id', async ({ params }) => {
    const account = await find(params.id);
    return { account: describe(account), ends: describeEnds(await keyhouse.administration.whatEndsWithAccount(account)) };
  });

  serve('POST /operator/accounts/:id/suspend', async ({ params, body, signIn, by }) => {
    const reason = body.reason?.trim() || null;
    const fault = reason === null ? null : findReasonFault(reason);
    if (fault !== null) throw invalid('reason', fault);
    settle(
      await keyhouse.administration.suspendAccount({ accountId: readId(params.id), administratorId: signIn.user.id, reason, by }),
      'The account is already suspended.',
    );
  });

  serve('POST /operator/accounts/:id/resume', async ({ params, signIn, by }) => {
    settle(
      await keyhouse.administration.resumeAccount({ accountId: readId(params.id), administratorId: signIn.user.id, by }),
      'The account is not suspended.',
    );
  });

  serve('DELETE /operator/accounts/:id', async ({ params, body, signIn, by }) => {
    const account = await find(params.id);
    const { user } = signIn;
    if (account.userId === user.id) throw invalid('account', 'This is your own account. Delete it on your profile page.');
    if (body.name !== confirmationOf(account)) throw invalid('name', 'The name does not match. Type it exactly.');
    settle(await keyhouse.administration.deleteAccount({ accountId: account.id, administratorId: user.id, by }), '');
  });
}

/** What has to be typed: the address of a user, the name of a team. */
const confirmationOf = ({ kind, name, owner }: ListedAccount): string => (kind === 'personal' ? (owner ?? name) : name);

type Verbs = DashboardPorts['keyhouse']['administration'];
type Outcome = Awaited<ReturnType<Verbs['suspendAccount'] | Verbs['deleteAccount']>>;

function settle(outcome: Outcome, already: string): void {
  switch (outcome) {
    case 'done':
      return;
    case 'gone':
      throw new Refusal({ code: 'not_found' });
    case 'not_allowed':
      throw new Refusal({ code: 'not_allowed' });
    case 'already':
      throw invalid('account', already);
    case 'operator':
      throw invalid('account', 'This is the operator’s account. It cannot be suspended or deleted.');
    case 'only_owner':
      throw invalid(
        'account',
        'This user is the only owner of a team. Transfer ownership to another member or delete the team first.',
      );
    case 'last_administrator':
      throw invalid('account', LAST_ADMINISTRATOR);
  }
}

const describe = ({ id, kind, name, owner, members, keys, suspension, createdAtMs }: ListedAccount) => ({
  ...{ id, kind, name, owner, members, keys },
  suspension: describeSuspension(suspension),
  created_at: toTimestamp(createdAtMs),
});
