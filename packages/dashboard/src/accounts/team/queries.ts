/** Members and invitations of a team, and the verbs for them. */
import { useQueryClient } from '@tanstack/react-query';
import { useEnds } from '../../kit/ends.tsx';
import { membersKey } from '../../kit/members.ts';
import { ME } from '../../kit/session.ts';
import { ask } from '../../lib/ask.ts';
import type { Role } from './role.ts';

/** The verbs of a team. After each, what is shown of it is requested again; also the list of accounts where that can change. */
export function useTeam(account: string) {
  const queries = useQueryClient();
  const params = { account };
  const changed = async <T>(doing: Promise<T>): Promise<T> => {
    const done = await doing;
    // Waited for: a dialog closes when the page shows the new state.
    await Promise.all([
      queries.invalidateQueries({ queryKey: membersKey(account) }),
      queries.invalidateQueries({ queryKey: ME }),
    ]);
    void queries.invalidateQueries({ queryKey: ['audit'] });
    return done;
  };
  /** There is nothing of the team to request any more. */
  const gone = async (doing: Promise<unknown>): Promise<void> => {
    await doing;
    queries.removeQueries({ queryKey: membersKey(account) });
  };
  const member = (user: number) => ({ account, user: String(user) });
  const invitation = (id: number) => ({ account, id: String(id) });
  return {
    invite: (email: string, role: Role) => changed(ask('POST /accounts/:account/invitations', { params, body: { email, role } })),
    sendAgain: (id: number) => changed(ask('POST /accounts/:account/invitations/:id/send', { params: invitation(id) })),
    takeBack: (id: number) => changed(ask('DELETE /accounts/:account/invitations/:id', { params: invitation(id) })),
    setRole: (user: number, role: Role) =>
      changed(ask('PATCH /accounts/:account/members/:user', { params: member(user), body: { role } })),
    remove: (user: number) => changed(ask('DELETE /accounts/:account/members/:user', { params: member(user) })),
    transfer: (user: number) => changed(ask('POST /accounts/:account/transfer', { params, body: { user_id: user } })),
    rename: (name: string) => changed(ask('PATCH /accounts/:account', { params, body: { name } })),
    leave: () => gone(ask('POST /accounts/:account/leave', { params })),
    delete: (name: string) => gone(ask('DELETE /accounts/:account', { params, body: { name } })),
  };
}

/** What ends with a membership; null: no membership is about to end. */
export const useMemberEnds = (account: string, user: number | null) =>
  useEnds(
    ['member', account, user ?? 0],
    () => ask('GET /accounts/:account/members/:user/ends', { params: { account, user: String(user) } }),
    user !== null,
  );
