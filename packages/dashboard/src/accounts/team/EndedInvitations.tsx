/** Which open invitations end when their sender loses a role, before that is decided. */
import { Text } from '@mantine/core';
import { useMembers } from '../../kit/members.ts';
import type { Account } from '../../kit/session.ts';
import { words as kitWords } from '../../kit/words.ts';
import { invitable, type Role } from './role.ts';
import classes from './team.module.css';
import { words } from './words.ts';

/** Listed one by one; nobody reads all of a hundred. */
const MAX_LINES = 10;

/** `leftRole`: the role that remains; null: none. */
export function EndedInvitations({ team, senderId, leftRole }: { team: Account; senderId: number; leftRole: Role | null }) {
  const kept = leftRole === null ? [] : invitable(leftRole);
  const ended = (useMembers(String(team.id)).data?.invitations ?? []).filter(
    (invitation) => invitation.invited_by_user_id === senderId && !kept.includes(invitation.role),
  );
  if (ended.length === 0) return null;
  return (
    <>
      <Text size="sm">{words.invitationsEnd}</Text>
      <ul className={classes.ends}>
        {ended.slice(0, MAX_LINES).map(({ id, email, role: given }) => (
          <li key={id}>{words.invitationLine(email, kitWords.roles[given].toLowerCase())}</li>
        ))}
        {ended.length > MAX_LINES && <li>{words.moreInvitations(ended.length - MAX_LINES)}</li>}
      </ul>
    </>
  );
}
