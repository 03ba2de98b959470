/** What a role may do to another. The server decides; pages use it to offer only what is possible. */
import type { Account } from '../../kit/session.ts';

export type Role = Account['role'];
export const ROLES: readonly Role[] = ['viewer', 'developer', 'admin', 'owner'];

const rank = (role: Role): number => ROLES.indexOf(role);

/** Roles that a member may invite to. */
export const invitable = (actor: Role): readonly Role[] =>
  rank(actor) < rank('admin') ? [] : ROLES.filter((role) => rank(role) <= rank(actor));

/** Roles that a member can be given. Nobody can raise their own; an admin cannot change or create owners. */
export function choicesFor({ actor, isSelf, held }: { actor: Role; isSelf: boolean; held: Role }): readonly Role[] {
  if (isSelf) return ROLES.filter((role) => rank(role) <= rank(held));
  if (actor === 'owner') return ROLES;
  return actor === 'admin' && held !== 'owner' ? ROLES.filter((role) => role !== 'owner') : [];
}
