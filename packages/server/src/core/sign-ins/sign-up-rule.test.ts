import { expect, it } from 'vitest';
import { mayRegister, teamsInviteStrangers } from './sign-up-rule.ts';

const [NONE, TO_TEAM, TO_REGISTER] = [null, { accountId: 12 }, { accountId: null }];

it('lets anyone register where sign-up is open, nobody where it is closed, and invited people where it is by invitation', () => {
  const table = (['open', 'invite', 'closed'] as const).flatMap((signup) =>
    [false, true].map((teamInvitationsRegister) => {
      const rule = { signup, teamInvitationsRegister };
      const may = [NONE, TO_TEAM, TO_REGISTER].map((invitation) => mayRegister(rule, invitation));
      return [signup, teamInvitationsRegister, ...may, teamsInviteStrangers(rule)];
    }),
  );
  expect(table).toEqual([
    //                            none   team   register  strangers are invited to teams
    ['open', false, /*         */ true, true, true, true],
    ['open', true, /*          */ true, true, true, true],
    ['invite', false, /*       */ false, false, true, false],
    ['invite', true, /*        */ false, true, true, true],
    ['closed', false, /*       */ false, false, false, false],
    ['closed', true, /*        */ false, false, false, false],
  ]);
});
