/** Who created something, as far as members of its account may know it. */
import type { Actor } from '../../core/audit/event.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';

export interface Creator {
  /** `user:7`, `operator`, as the audit log has it. */
  readonly actor: string;
  /** Null if the user has none, or was deleted. */
  readonly name: string | null;
}

/**
 * In one query for all. Administrators who are not members of the account are shown as `operator`: customers need not know who it
 * was.
 */
export async function creatorsOf(
  keyhouse: Pick<Keyhouse, 'audit' | 'users' | 'teams'>,
  accountId: number,
  created: readonly (Actor | null)[],
): Promise<(actor: Actor | null) => Creator | null> {
  const users = [...new Set(created.flatMap((actor) => userIdOf(actor) ?? []))];
  const [names, members] = await Promise.all([
    keyhouse.audit.namesOf({ users, credentials: [] }).then((found) => found.users),
    users.length === 0 ? new Set<number>() : membersAmong(keyhouse, accountId, users),
  ]);
  return (actor) => {
    const id = userIdOf(actor);
    if (actor === null || id === null) return actor === null ? null : { actor, name: null };
    const user = names.get(id);
    if (user?.isAdministrator === true && !members.has(id)) return { actor: 'operator', name: null };
    // Never the address: other members may not know it.
    return { actor, name: user === undefined || user.displayName === '' ? null : user.displayName };
  };
}

async function membersAmong(
  keyhouse: Pick<Keyhouse, 'audit' | 'users' | 'teams'>,
  accountId: number,
  users: readonly number[],
): Promise<ReadonlySet<number>> {
  const account = await keyhouse.users.findAccount(accountId);
  return account === null ? new Set() : await keyhouse.teams.membersAmong(account, users);
}

function userIdOf(actor: Actor | null): number | null {
  const [, id] = /^user:(\d+)$/.exec(actor ?? '') ?? [];
  return id === undefined ? null : Number(id);
}
