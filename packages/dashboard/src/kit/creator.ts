/** Who created something, in words; null: not known. */
import { words } from './words.ts';

export function creatorName(creator: { readonly actor: string; readonly name: string | null } | null): string | null {
  if (creator === null) return null;
  if (creator.name !== null) return creator.name;
  if (creator.actor === 'operator') return words.byOperator;
  return creator.actor.startsWith('user:') ? words.byDeletedUser : creator.actor;
}
