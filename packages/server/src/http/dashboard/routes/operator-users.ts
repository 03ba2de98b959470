/** Users, as administrators see them. */
import type { ListedUser } from '../../../core/administration/ports.ts';
import { deviceOf } from '../../../core/lib/device.ts';
import { EMAIL_SENTENCE, readEmail } from '../../../core/lib/email.ts';
import { Refusal } from '../../../core/refusal.ts';
import { invalid } from '../../faults.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import { describeAccountOfUser } from '../account.ts';
import { cutPage, readPage } from '../page.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { readId, readSearch } from './refuse.ts';

export const LAST_ADMINISTRATOR = 'This is the last enabled administrator. Add another one first.';

export function operatorUsersRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const userOf = async (text: string) => {
    const user = await keyhouse.users.find(readId(text));
    if (user === null) throw new Refusal({ code: 'not_found' });
    return user;
  };

  serve('GET /operator/users', async ({ query }) => {
    const page = readPage(query);
    const found = await keyhouse.administration.findUsers({ ...page, limit: page.limit + 1, query: readSearch(query.q) });
    const { rows, next } = cutPage(found, page.limit);
    return { users: rows.map(describe), next };
  });

  serve('GET /operator/users/:id', async ({ params, signIn }) => {
    const found = await keyhouse.administration.describeUser(readId(params.id));
    if (found === null) throw new Refusal({ code: 'not_found' });
    const { user, factors, signIns, hasMoreSignIns } = found;
    const accounts = await keyhouse.teams.accountsOf(user);
    const invitations = await keyhouse.teams.listInvitationsBy(user.id);
    const { sessions } = await keyhouse.signIns.readEnding(user.id);
    return {
      user: describe(user),
      has_password: factors.hasPassword,
      two_step: factors.twoStep,
      passkeys: factors.passkeys,
      totp: factors.totp,
      recovery_codes_left: factors.recoveryCodesLeft,
      tokens: factors.tokens,
      accounts: accounts.map(describeAccountOfUser),
      more_sign_ins: hasMoreSignIns,
      sessions,
      sign_ins: signIns.map((each) => ({
        id: each.id,
        current: each.id === signIn.id,
        ...deviceOf(each.userAgent),
        address: each.address,
        created_at: toTimestamp(each.createdAtMs),
        last_seen_at: toTimestamp(each.lastSeenAtMs),
      })),
      open_invitations: invitations.map(({ email, accountName }) => ({ email, team: accountName })),
    };
  });

  serve('POST /operator/users/:id/disable', async ({ params, signIn, by }) => {
    const { id } = await userOf(params.id);
    if (id === signIn.user.id) throw invalid('user', 'You cannot disable yourself. Another administrator can.');
    const done = await keyhouse.users.disable({ userId: id, administratorId: signIn.user.id, by });
    if (!done.ok) throw whyNot(done.reason, 'The user is already disabled.');
  });

  serve('POST /operator/users/:id/enable', async ({ params, signIn, by }) => {
    const { id } = await userOf(params.id);
    const done = await keyhouse.users.enable({ userId: id, administratorId: signIn.user.id, by });
    if (!done.ok) throw whyNot(done.reason, 'The user is not disabled.');
  });

  serve('POST /operator/users/:id/reset-second-factor', async ({ params, signIn, by }) => {
    settle(await keyhouse.administration.resetSecondFactor({ userId: readId(params.id), actorId: signIn.user.id, by }));
  });

  serve('POST /operator/users/:id/end-sign-ins', async ({ params, query, by }) => {
    const { id } = await userOf(params.id);
    await keyhouse.administration.endSignInsOf({ userId: id, withSessions: query.sessions === 'end', by });
  });

  serve('PUT /operator/users/:id/administrator', async ({ params, body: { administrator }, signIn, by }) => {
    const userId = readId(params.id);
    const outcome = await keyhouse.administration.setAdministrator({
      userId,
      actorId: signIn.user.id,
      isAdministrator: administrator,
      by,
    });
    if (outcome === 'last') throw invalid('administrator', LAST_ADMINISTRATOR);
    settle(outcome);
  });

  serve('POST /operator/limits/clear', async ({ body, by }) => {
    const email = readEmail(body.email);
    if (email === null) throw invalid('email', EMAIL_SENTENCE);
    const user = await keyhouse.users.findByEmail(email.key);
    if (user === null) throw invalid('email', 'No user has this email address.');
    await keyhouse.administration.clearSignInLimits({ userId: user.id, emailKey: email.key, by });
  });
}

type NotDone = Extract<Awaited<ReturnType<DashboardPorts['keyhouse']['users']['disable']>>, { ok: false }>['reason'];

function whyNot(reason: NotDone, already: string): Refusal {
  switch (reason) {
    case 'unknown_user':
      return new Refusal({ code: 'not_found' });
    case 'not_allowed':
      return new Refusal({ code: 'not_allowed' });
    case 'already_so':
      return invalid('user', already);
    case 'last_administrator':
      return invalid('user', LAST_ADMINISTRATOR);
  }
}

function settle(outcome: 'done' | 'gone' | 'not_allowed'): void {
  if (outcome === 'gone') throw new Refusal({ code: 'not_found' });
  if (outcome === 'not_allowed') throw new Refusal({ code: 'not_allowed' });
}

const describe = (user: ListedUser) => ({
  id: user.id,
  email: user.email,
  email_verified: user.emailVerifiedAtMs !== null,
  display_name: user.displayName,
  administrator: user.isAdministrator,
  disabled_at: toOptionalTimestamp(user.disabledAtMs),
  created_at: toTimestamp(user.createdAtMs),
  last_seen_at: toOptionalTimestamp(user.lastSeenAtMs),
});
