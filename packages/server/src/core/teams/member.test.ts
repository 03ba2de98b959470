import { describe, expect, it } from 'vitest';
import { type MemberChange, mayChangeMember, mayInvite, ROLES } from './member.ts';

/** Every change that a member may make, as `held→wanted`. */
const changesOf = (actor: MemberChange['actor'], isSelf: boolean): readonly string[] =>
  ROLES.flatMap((held) =>
    [...ROLES, null].flatMap((wanted) => (mayChangeMember({ actor, isSelf, held, wanted }) ? `${held}→${wanted ?? 'out'}` : [])),
  );

describe('who may change a member', () => {
  it('lets viewers and developers change nobody else', () => {
    expect(changesOf('viewer', false)).toEqual([]);
    expect(changesOf('developer', false)).toEqual([]);
  });

  it('lets admins change and remove all but owners, and make no owner', () => {
    expect(changesOf('admin', false)).toEqual(
      ['viewer', 'developer', 'admin'].flatMap((held) =>
        ['viewer', 'developer', 'admin', 'out'].map((wanted) => `${held}→${wanted}`),
      ),
    );
  });

  it('lets owners do everything to others', () => {
    expect(changesOf('owner', false)).toHaveLength(20);
  });

  it('lets everybody leave and step down, and nobody lift their own role', () => {
    expect(changesOf('admin', true).filter((change) => change.startsWith('admin→'))).toEqual([
      ...['admin→viewer', 'admin→developer', 'admin→admin', 'admin→out'],
    ]);
    expect(changesOf('viewer', true).filter((change) => change.startsWith('viewer→'))).toEqual(['viewer→viewer', 'viewer→out']);
  });
});

it('lets only admins and owners invite, and never to more than they hold', () => {
  const invited = ROLES.map((actor) => ROLES.filter((wanted) => mayInvite(actor, wanted)));
  expect(invited).toEqual([[], [], ['viewer', 'developer', 'admin'], ['viewer', 'developer', 'admin', 'owner']]);
});
