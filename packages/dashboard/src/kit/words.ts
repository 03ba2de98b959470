/** The words of the kit. */
export const requests = (count: string, isOne: boolean): string => `${count} ${isOne ? 'request' : 'requests'}`;

export const words = {
  retry: 'Try again',
  partFailed: 'This part of the page could not be shown. The rest of it works.',
  offline: 'You are offline, or the server cannot be reached. Nothing you typed is lost.',
  unavailable: 'The server cannot answer now. Nothing was changed; try again in a moment.',
  notAllowed: 'You may not do this here.',
  notFound: 'There is no such thing, or it is not yours.',
  signedOut: 'You are signed out.',
  emailUnverified: 'Verify your email address first: follow the link in the email, then come back.',
  proofRequired: 'Nothing was changed, because it was not confirmed that it is you.',
  invalid: 'Some fields need another look.',
  wait: (seconds: number): string =>
    seconds < 90
      ? `Too many tries. Try again in ${seconds} seconds.`
      : `Too many tries. Try again in ${Math.ceil(seconds / 60)} minutes.`,
  broken: (requestId: string | null): string =>
    `Something went wrong on our side.${requestId === null ? '' : ` If you report it, name the request ${requestId}.`}`,
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
  byDeletedUser: 'a user who was deleted',
  ends: {
    title: 'With it end, at once and everywhere:',
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
      ['sessions', 'session at an application of somebody else', 'sessions at applications of others'],
      ['members', 'membership', 'memberships'],
      ['invitations', 'open invitation', 'open invitations'],
      ['teams', 'membership in a team', 'memberships in teams'],
      ['sign_ins', 'browser signed in', 'browsers signed in'],
    ] as const,
  },
  typeToConfirm: (name: string): string => `Type ${name} to confirm`,

  notFoundPage: {
    title: 'There is no such page',
    text: 'It may not exist, or you don’t have access. Try another account.',
    lostTitle: (team: string): string => `You are not a member of ${team} any more`,
    lost: 'Somebody removed you from it, or it was deleted. Nothing of it is shown any more.',
    toHome: 'To your home page',
  },
  administratorsOnly: {
    title: 'These pages are for administrators',
    text: 'You are signed in, and are not an administrator of this server. Somebody who is can make you one.',
    toHome: 'To your home page',
  },

  /** Null as a list of permissions. */
  allPermissions: { token: 'Everything you may do', key: 'Everything of the account' },
  stay: 'Stay here',
  leave: 'Leave anyway',
  searchPermissions: 'Filter permissions',
  noneFound: 'No permission matches.',
  readEverything: 'Read everything',
  writeEverything: 'Write everything',
  everything: 'Everything',
  access: (read: boolean, write: boolean) => (read && write ? 'read, write' : read ? 'read' : 'write'),
  andMore: (count: number) => `and ${count} more`,
  copyFailed: 'Your browser did not allow copying. Select the text and copy it by hand.',
  noUse: 'No request',
  chartEmpty: 'No request in the last 90 days.',
  chartShow: 'Show as table',
  chartDay: 'Day',
  chartRequests: 'Requests',
  plotText: (total: string, isOne: boolean, most: string, day: string) =>
    `${requests(total, isOne)} in the last 30 days, the most on ${day} (${most})`,
  requests,
  neverUsed: 'Never',
  from: (address: string): string => `from ${address}`,
  with: (client: string): string => `with ${client}`,
  member: (id: number): string => `Member ${id}`,
};
