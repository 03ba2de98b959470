/** Every sentence of this room, in one place. What depends on a number or a name is a function. */

import { requests } from '../kit/words.ts';
import { entryOf } from '../lib/entry-of.ts';

/** What differs between a token and a key. */
export interface KindWords {
  readonly title: string;
  readonly intro: string;
  readonly create: string;
  readonly createTitle: string;
  readonly namePlaceholder: string;
  readonly emptyTitle: string;
  readonly emptyText: string;
  readonly madeTitle: string;
  readonly once: string;
  readonly leaveTitle: string;
  readonly revokeTitle: (name: string) => string;
  readonly revokeText: string;
  readonly revoked: (name: string) => string;
  readonly gone: string;
  readonly list: string;
}

export const kindWords: Readonly<Record<'token' | 'key', KindWords>> = {
  token: {
    title: 'Developers',
    intro: 'Personal access tokens let a program use the API as you. Make one for each place that needs it.',
    create: 'Create a token',
    createTitle: 'New personal access token',
    namePlaceholder: 'Where it will be used',
    emptyTitle: 'No tokens yet',
    emptyText:
      'A token is what a program sends instead of your password. Make one, copy it, and paste it where the program asks for it.',
    madeTitle: 'Your new token',
    once: 'Copy it now. It will not be shown again.',
    leaveTitle: 'Have you copied the token?',
    revokeTitle: (name) => `Revoke “${name}”?`,
    revokeText: 'Whatever uses this token is refused from now on. This cannot be undone.',
    revoked: (name) => `“${name}” is revoked.`,
    gone: 'This token does not exist, or was revoked.',
    list: 'Personal access tokens',
  },
  key: {
    title: 'API keys',
    intro:
      'An API key belongs to the account and stays when people leave. It can use the API, and mint JWTs with fewer permissions.',
    create: 'Create an API key',
    createTitle: 'New API key',
    namePlaceholder: 'What will use it',
    emptyTitle: 'No API keys yet',
    emptyText:
      'A key is for a server of yours: it speaks for the account, not for a person. Make one, and keep it out of browsers and apps.',
    madeTitle: 'Your new API key',
    once: 'Copy it now. It will not be shown again.',
    leaveTitle: 'Have you copied the key?',
    revokeTitle: (name) => `Revoke “${name}”?`,
    revokeText:
      'Whatever uses this key is refused from now on, and every JWT that was minted from it ends with it. This cannot be undone.',
    revoked: (name) => `“${name}” is revoked, with every JWT minted from it.`,
    gone: 'This key does not exist, or was revoked.',
    list: 'API keys',
  },
};

export const words = {
  verifyFirst: {
    title: 'Verify your email first',
    why: (email: string): string =>
      `Follow the link in the email to ${email}. Until the address is verified, a password reset would end everything that you create here.`,
    resend: 'Send the email again',
    sent: 'The email is on its way. It can take a minute.',
    done: 'I verified it',
    cancel: 'Cancel',
  },
  name: 'Name',
  createSubmit: 'Create',
  cancel: 'Cancel',
  save: 'Save',
  done: 'Done',
  leaveSecret: 'It is shown only on this page, this once. Without a copy you will have to make another.',
  leaveForm: 'Leave without saving?',
  leaveFormText: 'What you typed is not saved yet.',
  more: 'Load more',
  viewerReason: 'You can look at keys here. Making and changing them takes the role developer, admin or owner.',
  nameRequired: 'Give it a name, so that you know it again.',

  expiry: 'Expires',
  expiryChoices: {
    never: 'Never',
    '7': 'In 7 days',
    '30': 'In 30 days',
    '90': 'In 90 days',
    '365': 'In a year',
    date: 'On a date…',
  },
  expiryDate: 'Last day',
  expiryDateFault: 'Choose a day that is still to come.',
  expiryUntil: (date: string) => `Until ${date}`,

  permissions: 'Permissions',
  permissionsAll: 'All',
  permissionsSome: 'Only some',
  permissionsSomeHint: 'You can take more away later, and never add.',
  resource: 'Resource',
  read: 'Read',
  write: 'Write',
  everyResource: 'Every resource',
  everyResourceHint: 'also those that come later',
  chosen: (count: number) => (count === 1 ? '1 permission chosen' : `${count} permissions chosen`),
  freeText: 'Permissions, one a line',
  freeTextHint: 'Such as invoices.read or invoices.write; *.read is reading everything.',
  operatorVerify: 'keyhouse.verify: check any credential, read the list of revocations, report use',
  permissionFaults: {
    none: 'Choose at least one permission.',
    malformed: (name: string) => `“${name}” is no permission. One reads like invoices.read or invoices.write.`,
    reserved: (name: string) => `“${name}”: names that begin with keyhouse. are for keys of the operator.`,
    wider: (name: string) => `“${name}” is not among its permissions now. Narrowing only takes away.`,
    unknown: (name: string) => `There is no permission named “${name}”.`,
  },

  addresses: 'Allowed addresses',
  addressesAny: 'From anywhere',
  addressesSome: 'Addresses or blocks, one a line',
  addressesHint: 'Such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32. Requests from elsewhere are refused.',
  addMyAddress: (address: string) => `Add my address (${address})`,
  fold: 'Fold',

  environment: 'Environment',
  live: 'Live',
  test: 'Test',
  environmentHint: 'A test key says so in its prefix and wherever it is checked.',

  secretField: 'Secret',
  forms: { plain: 'As it is', env: '.env', export: 'export', powershell: 'PowerShell', curl: 'curl' },
  formOf: 'Show it as',
  awaiting: 'Try it: its first request shows up here.',
  arrived: 'It works. The first request came',

  columns: {
    name: 'Name',
    permissions: 'Permissions',
    lastUsed: 'Last used',
    use: 'Last 30 days',
    expires: 'Expires',
    actions: 'Actions',
  },
  rename: 'Rename',
  narrow: 'Narrow',
  rotate: 'Rotate',
  createdBy: 'Created by',
  by: (creator: string): string => `by ${creator}`,
  made: 'Created',
  sources: { dashboard: 'Dashboard', login: 'Log-in', register: 'Registration', 'command-line': 'Command line' },
  neverExpires: 'Never',
  expired: 'Expired',
  rotating: 'Two secrets',

  rotated: 'Rotated',
  rotateTitle: (name: string) => `Rotate “${name}”`,
  rotateText:
    'You get a new secret. Name, permissions and end stay; the old secret keeps working for a while, so that you can change it in peace.',
  rotateDone: 'The new secret',
  overlapLabel: 'The old secret works for',
  overlapChoices: {
    '0': 'no longer: it ends at once',
    '3600': '1 hour',
    '86400': '1 day',
    '259200': '3 days',
    '604800': '7 days',
  },
  overlapOldest: 'The secret before that, which still works now, ends at once.',
  revokeJwts: 'Also end the JWTs that were minted so far',
  rotateSubmit: 'Rotate',

  overlapTitle: 'The old secret still works',
  overlapEnds: (when: string) => `It ends ${when}.`,
  overlapQuiet: 'Nobody has used it since the rotation. You can end it now.',
  overlapUsed: (count: string, isOne: boolean) => `It still carried ${requests(count, isOne)} since the rotation.`,
  overlapLast: 'Last',
  endOverlap: 'End overlap now',
  endOverlapTitle: 'End the old secret now?',
  endOverlapText: 'Whatever still uses it is refused from now on.',
  endedOverlap: 'The old secret has ended.',
  extend: 'Extend',
  extendTitle: 'Let the old secret work longer',
  extendLabel: 'From now on, it works for',
  extendLongest: 'as long as possible: until 7 days after the rotation',
  extended: 'The old secret lives on.',

  renameTitle: 'Rename',
  renamed: 'Renamed.',
  narrowTitle: (name: string) => `Narrow “${name}”`,
  narrowText: 'Remove permissions it does not need. You can undo this for a day, and not later.',
  narrowKeyText:
    'JWTs that hold more than what is left, or all when the addresses change, are revoked. They stay revoked, also when you undo it.',
  narrowSubmit: 'Narrow',
  narrowed: 'Narrowed. You can undo it for a day.',

  undo: 'Undo',
  undoTitle: 'Narrowed',
  undoWhen: (when: string, until: string): string => `It was narrowed ${when}. You can undo that until ${until}.`,
  undoQuestion: (name: string): string => `Undo the narrowing of “${name}”?`,
  undoPermissions: 'It gets these permissions again:',
  undoAllPermissions: 'It gets every permission again that it could use before.',
  undoAddresses: (addresses: string): string => `It is accepted from these addresses again: ${addresses}.`,
  undoAnyAddress: 'It is accepted from any address again.',
  undoJwts: 'JWTs that the narrowing revoked stay revoked. Mint new ones.',
  undone: 'Undone. It has again what it had before.',

  permissionsTitle: 'Least privilege',
  observedSince: (date: string) => `Use of permissions has been counted since ${date}.`,
  leastHint: 'What was granted, beside what was used. Take away what is not needed.',
  leastEmpty: 'No permission was used yet. When it has been used for a while, this shows what can be taken away.',
  leastUntold: (count: string, isOne: boolean) =>
    `${requests(count, isOne)} in 90 days were checked by introspection without saying which permission they needed, so nothing is suggested here.`,
  leastMoreUnused: (count: string, isOne: boolean) =>
    isOne ? 'One more permission was granted and not used.' : `${count} more permissions were granted and not used.`,
  leastName: 'Permission',
  least30: '30 days',
  least90: '90 days',
  leastLast: 'Last used',
  notGranted: 'taken away',
  unused: 'Not used',
  watched: (days: string): string => `Suggested after watching its use for ${days} days.`,
  watching: (since: string, from: string): string =>
    `Its use has been watched since ${since}. After 30 days, on ${from}, this page suggests what can be removed.`,
  narrowToUsed: 'Narrow to what is used',
  narrowToUsedText: 'Only these permissions stay:',
  narrowToUsedGoes: 'This goes:',
  narrowToUsedAll: 'Everything else goes.',
  minimal: 'It holds no more than what is used.',

  chartTitle: 'Requests, last 90 days',

  revokeSubmit: 'Revoke',
  overview: 'Overview',
  jwts: 'JWTs',
} as const;

const origins: Readonly<Record<string, string>> = { sanctum: 'Sanctum', csv: 'a list', unkey: 'Unkey' };

/** Where it was made, or where it came from with its secret. */
export const cameFrom = ({
  source,
  imported_from: origin,
}: {
  readonly source: keyof typeof words.sources;
  readonly imported_from: string | null;
}): string => (origin === null ? words.sources[source] : `Imported from ${entryOf(origins, origin) ?? origin}`);
