/** Every sentence of this room. */
import type { Role } from './role.ts';

export const words = {
  newTitle: 'New team',
  newIntro: 'A team owns API keys together. They stay when people leave, and everybody sees what the keys do.',
  name: 'Name',
  namePlaceholder: 'What people call it',
  nameHint: 'Members see it; invitations carry it. It can be changed.',
  create: 'Create the team',
  cancel: 'Cancel',

  title: 'Members',
  intro: (team: string): string => `Who belongs to ${team}, and what they may do.`,
  invite: 'Invite somebody',
  viewerReason: 'You can see who belongs to this team. Inviting people and changing roles takes the role admin or owner.',
  members: 'Members',
  columns: { member: 'Member', role: 'Role', since: 'Joined', seen: 'Last seen', actions: 'Actions' },
  you: 'You',
  never: 'A while ago',
  changeRole: 'Change role',
  makeOwner: 'Make owner',
  remove: 'Remove',
  leave: 'Leave the team',
  ownersOnly: 'Only an owner can change an owner.',
  transferOnly: 'Only an owner can pass the team on.',
  lastOwner: 'A team needs an owner: make somebody else one first, or delete the team.',
  notLifted: 'Nobody lifts their own role.',

  rolesTitle: 'What each role may do',
  may: {
    viewer: 'Sees keys, JWTs, members and the audit log. Changes nothing, and never sees a secret.',
    developer: 'Also makes, narrows, rotates and revokes API keys, and revokes JWTs.',
    admin: 'Also invites people, changes roles up to admin, removes members and renames the team.',
    owner: 'Also makes owners, passes the team on, and can delete it.',
  } satisfies Record<Role, string>,

  search: 'Find a member by name or address',
  noneFound: 'Nobody here has a name or an address like this.',
  invitations: 'Open invitations',
  invitationColumns: { email: 'Address', role: 'Role', by: 'Invited by', ends: 'Ends', actions: 'Actions' },
  inviteTitle: 'Invite somebody',
  email: 'E-mail address',
  emailHint: 'A link goes there. It works for seven days, and only for this address.',
  emailHintUsersOnly:
    'Only people who already have an account here get the mail. The link works for seven days, only for this address.',
  invitedUsersOnly: (email: string): string => `If ${email} has an account here, an invitation is on its way.`,
  noMail: {
    sendInvitation: 'Create the link',
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
  sendInvitation: 'Send the invitation',
  invited: (email: string): string => `An invitation is on its way to ${email}.`,
  sendAgain: 'Send again',
  sendAgainFor: (email: string): string => `Send again to ${email}`,
  sentAgain: (email: string): string => `Another mail is on its way to ${email}. The link of the one before has ended.`,
  takeBack: 'Take back',
  takeBackFor: (email: string): string => `Take back the invitation of ${email}`,
  takeBackTitle: 'Take the invitation back?',
  takeBackText: (email: string): string => `The link for ${email} stops working.`,
  tookBack: 'The invitation is taken back.',
  ended: 'Has ended',

  changeTitle: (name: string): string => `Role of ${name}`,
  save: 'Save',
  changed: (name: string, role: string): string => `${name} is now ${role}.`,

  invitationsEnd: 'These open invitations end with it. Someone else can send them again:',
  moreInvitations: (count: number): string => `and ${count} more`,
  invitationLine: (email: string, role: string): string => `${email}, as ${role}`,

  removeTitle: (name: string): string => `Remove ${name}?`,
  removeText: (name: string): string => `${name} loses access to this team at once, in every browser.`,
  keysStay: 'API keys that they made belong to the team and keep working. If they may have copied a secret, rotate it.',
  removed: (name: string): string => `${name} is no longer a member.`,

  leaveTitle: (team: string): string => `Leave ${team}?`,
  leaveText: 'You lose access to this team at once. To come back, somebody has to invite you.',
  keysStayOwn: 'API keys that you made belong to the team and keep working.',
  left: (team: string): string => `You have left ${team}.`,

  transferTitle: (name: string): string => `Make ${name} the owner?`,
  transferText: (name: string): string => `${name} becomes an owner and can do everything, also remove you and delete the team.`,
  transferYou: 'You become an admin. Only an owner can make you one again.',
  transfer: 'Pass the team on',
  transferred: (name: string): string => `${name} is now the owner.`,

  settingsTitle: 'Team settings',
  renameTitle: 'Name of the team',
  renamed: 'The name is changed.',
  adminReason: 'Changing the name takes the role admin or owner.',
  deleteTitle: 'Delete this team',
  deleteText:
    'Its keys, applications, sessions, members and invitations end with it, at once and everywhere. This cannot be undone; they are counted before you confirm.',
  deleteStays: 'The operator’s audit log keeps what happened.',
  ownerReason: 'Only an owner can delete the team.',
  delete: 'Delete the team',
  deleteConfirm: (team: string): string => `Delete ${team}?`,
  deleted: (team: string): string => `${team} is deleted.`,
};
