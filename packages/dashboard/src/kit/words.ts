/** The words of the kit. */
export const requests = (count: string, isOne: boolean): string => `${count} ${isOne ? 'request' : 'requests'}`;

export const words = {
  retry: 'Try again',
  partFailed: 'This part of the page can’t be shown. The rest of the page works.',
  offline: 'You are offline, or the server can’t be reached. Nothing you typed is lost.',
  unavailable: 'The server can’t answer right now. Nothing was changed. Try again in a moment.',
  notAllowed: 'You don’t have permission to do this.',
  notFound: 'It doesn’t exist, or you don’t have access to it.',
  signedOut: 'You are signed out.',
  emailUnverified: 'Verify your email address first: follow the link in the email, then come back.',
  proofRequired: 'Nothing was changed, because you didn’t confirm it’s you.',
  invalid: 'Some fields need to be corrected.',
  wait: (seconds: number): string =>
    seconds < 90
      ? `Too many attempts. Try again in ${seconds} seconds.`
      : `Too many attempts. Try again in ${Math.ceil(seconds / 60)} minutes.`,
  broken: (requestId: string | null): string =>
    `Something went wrong on our side.${requestId === null ? '' : ` If you report it, include the request ID ${requestId}.`}`,
  loading: 'Loading',
  copy: 'Copy',
  copied: 'Copied',
  cancel: 'Cancel',
  newer: 'Newest',
  older: 'Older',
  more: 'Load more',
  actionsFor: (name: string): string => `Actions: ${name}`,
  roles: { viewer: 'Viewer', developer: 'Developer', admin: 'Admin', owner: 'Owner' },
  byOperator: 'the operator',
  byDeletedUser: 'a deleted user',
  ends: {
    title: 'These end with it, immediately and everywhere:',
    nothing: 'Nothing else ends with it.',
    /** More is not counted. */
    most: 10_000,
    orMore: (count: string): string => `${count} or more`,
    lines: [
      ['keys', 'API key', 'API keys'],
      ['tokens', 'personal access token', 'personal access tokens'],
      ['jwts', 'JWT minted from API keys', 'JWTs minted from API keys'],
      ['applications', 'application', 'applications'],
      ['application_sessions', 'user session', 'user sessions'],
      ['sessions', 'session with an application of someone else', 'sessions with applications of others'],
      ['members', 'membership', 'memberships'],
      ['invitations', 'open invitation', 'open invitations'],
      ['teams', 'membership in a team', 'memberships in teams'],
      ['sign_ins', 'browser signed in', 'browsers signed in'],
    ] as const,
  },
  typeToConfirm: (name: string): string => `Type ${name} to confirm`,

  notFoundPage: {
    title: 'Page not found',
    text: 'It may not exist, or you don’t have access. Try another account.',
    lostTitle: (team: string): string => `You’re no longer a member of ${team}`,
    lost: 'You left it, someone removed you, or it was deleted.',
    toHome: 'Go to your home page',
  },
  administratorsOnly: {
    title: 'These pages are for administrators',
    text: 'You are not an administrator of this server. Ask an administrator for access.',
    toHome: 'Go to your home page',
  },

  /** Null as a list of permissions. */
  allPermissions: { token: 'All your permissions', key: 'All permissions of the account' },
  stay: 'Stay here',
  leave: 'Leave anyway',
  searchPermissions: 'Filter permissions',
  noneFound: 'No permissions match.',
  readEverything: 'Read everything',
  writeEverything: 'Write everything',
  everything: 'Everything',
  access: (read: boolean, write: boolean) => (read && write ? 'read, write' : read ? 'read' : 'write'),
  andMore: (count: number) => `and ${count} more`,
  copyFailed: 'Your browser didn’t allow copying. Select the text and copy it yourself.',
  noUse: 'No requests',
  chartEmpty: 'No requests in the last 90 days.',
  chartShow: 'Show as table',
  chartDay: 'Day',
  chartRequests: 'Requests',
  plotText: (days: number, total: string, isOne: boolean, most: string, day: string) =>
    `${requests(total, isOne)} in the last ${days} days, most on ${day} (${most})`,
  requests,
  neverUsed: 'Never',
  from: (address: string): string => `from ${address}`,
  with: (client: string): string => `with ${client}`,
  member: (id: number): string => `Member ${id}`,
};
