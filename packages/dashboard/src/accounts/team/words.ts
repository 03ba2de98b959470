/** Every sentence of this room. */
import type { Role } from './role.ts';

export const words = {
  newTitle: 'New team',
  newIntro: 'A team owns API keys together. They stay when people leave, and every member can see what the keys do.',
  name: 'Name',
  namePlaceholder: 'Name of the team',
  nameHint: 'Shown to members and in invitations. You can change it later.',
  create: 'Create team',
  cancel: 'Cancel',

  title: 'Members',
  intro: (team: string): string => `Who belongs to ${team}, and what they can do.`,
  invite: 'Invite someone',
  viewerReason: 'You can see who belongs to this team. Inviting people and changing roles requires the role admin or owner.',
  members: 'Members',
  moreMembers: (listed: number): string => `There are more. Only the first ${listed} are listed: owners first, then by role.`,
  columns: { member: 'Member', role: 'Role', since: 'Joined', seen: 'Last seen', actions: 'Actions' },
  you: 'You',
  never: 'Not signed in',
  changeRole: 'Change role',
  makeOwner: 'Make owner',
  remove: 'Remove',
  leave: 'Leave team',
  ownersOnly: 'Only an owner can change an owner.',
  transferOnly: 'Only an owner can transfer ownership.',
  lastOwner: 'You’re the only owner. Add another owner or delete the team.',
  notLifted: 'You can’t give yourself a higher role.',

  rolesTitle: 'What each role can do',
  may: {
    viewer: 'Sees keys, JWTs, members and the audit log. Changes nothing, and never sees a secret.',
    developer: 'Also creates, reduces, rotates and revokes API keys, and revokes JWTs.',
    admin: 'Also invites people, changes roles up to admin, removes members and renames the team.',
    owner: 'Also makes members owners, transfers ownership, and can delete the team.',
  } satisfies Record<Role, string>,

  search: 'Find a member by name or email',
  noneFound: 'No member has a name or email like this.',
  invitations: 'Open invitations',
  invitationColumns: { email: 'Email', role: 'Role', by: 'Invited by', ends: 'Expires', actions: 'Actions' },
  inviteTitle: 'Invite someone',
  email: 'Email address',
  emailHint: 'We email a link. It works for seven days, and only for this address.',
  emailHintUsersOnly:
    'Only people who already have an account here get the email. The link works for seven days, only for this address.',
  invitedUsersOnly: (email: string): string => `If ${email} has an account here, an invitation is on its way.`,
  noMail: {
    sendInvitation: 'Create link',
    sendAgain: 'Create a new link',
    sendAgainFor: (email: string): string => `Create a new link for ${email}`,
    emailHint:
      'The link works for seven days, and only for this address. This server sends no email: you get the link from the operator.',
    emailHintUsersOnly:
      'Only people who already have an account here can be invited. The link works for seven days, only for this address. This server sends no email: you get the link from the operator.',
    invited: (email: string): string =>
      `${email} is invited. This server sends no email: ask the operator for the link, which is under Administration, Email.`,
    invitedUsersOnly: (email: string): string =>
      `If ${email} has an account here, the invitation is created. This server sends no email: ask the operator for the link, which is under Administration, Email.`,
    sentAgain: (email: string): string =>
      `A new link for ${email} was created, and the previous one expired. Ask the operator for it: it is under Administration, Email.`,
  },
  role: 'Role',
  sendInvitation: 'Send invitation',
  invited: (email: string): string => `An invitation is on its way to ${email}.`,
  sendAgain: 'Send again',
  sendAgainFor: (email: string): string => `Send again to ${email}`,
  sentAgain: (email: string): string => `Another email is on its way to ${email}. The previous link no longer works.`,
  takeBack: 'Revoke invitation',
  takeBackFor: (email: string): string => `Revoke invitation of ${email}`,
  takeBackTitle: 'Revoke the invitation?',
  takeBackText: (email: string): string => `The link for ${email} stops working.`,
  tookBack: 'The invitation was revoked.',
  ended: 'Expired',

  changeTitle: (name: string): string => `Role of ${name}`,
  save: 'Save',
  changed: (name: string, role: string): string => `${name} is now ${role}.`,

  invitationsEnd: 'These open invitations end with it. Someone else can send them again:',
  moreInvitations: (count: number): string => `and ${count} more`,
  invitationLine: (email: string, role: string): string => `${email}, as ${role}`,

  removeTitle: (name: string): string => `Remove ${name}?`,
  removeText: (name: string): string => `${name} loses access to this team immediately, in every browser.`,
  keysStay: 'API keys that they created belong to the team and keep working. If they may have copied a secret, rotate it.',
  removed: (name: string): string => `${name} is no longer a member.`,

  leaveTitle: (team: string): string => `Leave ${team}?`,
  leaveText: 'You lose access to this team immediately. To come back, someone has to invite you.',
  keysStayOwn: 'API keys that you created belong to the team and keep working.',
  left: (team: string): string => `You have left ${team}.`,

  transferTitle: (name: string): string => `Make ${name} the owner?`,
  transferText: (name: string): string =>
    `${name} becomes an owner and can do everything, including removing you and deleting the team.`,
  transferYou: 'You become an admin. Only an owner can make you one again.',
  transfer: 'Transfer ownership',
  transferred: (name: string): string => `${name} is now the owner.`,

  settingsTitle: 'Team settings',
  renameTitle: 'Team name',
  renamed: 'The name was changed.',
  adminReason: 'Changing the name requires the role admin or owner.',
  deleteTitle: 'Delete this team',
  deleteText:
    'Its keys, applications, sessions, members and invitations end with it, immediately and everywhere. This can’t be undone. You’ll see how many before you confirm.',
  deleteStays: 'The operator’s audit log keeps what happened.',
  ownerReason: 'Only an owner can delete the team.',
  delete: 'Delete team',
  deleteConfirm: (team: string): string => `Delete ${team}?`,
  deleted: (team: string): string => `${team} is deleted.`,
};
