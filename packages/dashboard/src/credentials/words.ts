/** Every sentence of this room, in one place. A sentence that depends on a number or a name is a function. */

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
    intro: 'Personal access tokens let scripts and tools call the API as you. Create a separate token for each one.',
    create: 'Create a token',
    createTitle: 'New personal access token',
    namePlaceholder: 'Where it will be used',
    emptyTitle: 'No tokens yet',
    emptyText:
      'A program sends a token instead of your password. Create one, copy it, and paste it where the program asks for it.',
    madeTitle: 'Your new token',
    once: 'Copy it now. It will not be shown again.',
    leaveTitle: 'Have you copied the token?',
    revokeTitle: (name) => `Revoke “${name}”?`,
    revokeText: 'Anything using this token will be rejected immediately. This can’t be undone.',
    revoked: (name) => `“${name}” is revoked.`,
    gone: 'This token does not exist, or was revoked.',
    list: 'Personal access tokens',
  },
  key: {
    title: 'API keys',
    intro:
      'An API key belongs to the account and stays when people leave. It can call the API, and mint JWTs with fewer permissions.',
    create: 'Create an API key',
    createTitle: 'New API key',
    namePlaceholder: 'What will use it',
    emptyTitle: 'No API keys yet',
    emptyText:
      'A key is for your servers: it acts for the account, not for a person. Create one, and keep it out of browsers and apps.',
    madeTitle: 'Your new API key',
    once: 'Copy it now. It will not be shown again.',
    leaveTitle: 'Have you copied the key?',
    revokeTitle: (name) => `Revoke “${name}”?`,
    revokeText:
      'Anything using this key will be rejected immediately, and all JWTs minted from it will be revoked. This can’t be undone.',
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
    done: 'I’ve verified it',
    cancel: 'Cancel',
  },
  name: 'Name',
  createSubmit: 'Create',
  cancel: 'Cancel',
  save: 'Save',
  done: 'Done',
  leaveSecret: 'It is shown only once, on this page. Without a copy you will have to create another.',
  leaveForm: 'Leave without saving?',
  leaveFormText: 'What you typed is not saved yet.',
  more: 'Load more',
  viewerReason: 'You can view keys here. Creating and changing them requires the role developer, admin or owner.',
  nameRequired: 'Enter a name so you can recognize it later.',

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
  expiryDateFault: 'Choose today or a later day.',
  expiryUntil: (date: string) => `Until ${date}`,

  permissions: 'Permissions',
  permissionsAll: 'All',
  permissionsSome: 'Only some',
  permissionsSomeHint: 'You can remove permissions later, but not add them.',
  resource: 'Resource',
  read: 'Read',
  write: 'Write',
  everyResource: 'All resources',
  everyResourceHint: 'including future ones',
  chosen: (count: number) => (count === 1 ? '1 permission selected' : `${count} permissions selected`),
  freeText: 'Permissions, one per line',
  freeTextHint: 'For example, invoices.read or invoices.write. *.read allows reading everything.',
  operatorVerify: 'keyhouse.verify: check any credential, read the list of revocations, report use',
  permissionFaults: {
    none: 'Choose at least one permission.',
    malformed: (name: string) => `“${name}” isn’t a valid permission. Use the form invoices.read.`,
    reserved: (name: string) => `“${name}”: names that start with keyhouse. are for the operator’s keys.`,
    wider: (name: string) => `“${name}” isn’t one of its permissions. You can remove permissions, but not add them.`,
    unknown: (name: string) => `The permission “${name}” doesn’t exist.`,
  },

  addresses: 'Allowed addresses',
  addressesAny: 'Any address',
  addressesSome: 'Addresses or blocks, one per line',
  addressesHint: 'For example, 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32. Requests from other addresses are rejected.',
  addMyAddress: (address: string) => `Add my address (${address})`,

  environment: 'Environment',
  live: 'Live',
  test: 'Test',
  environmentHint: 'Test keys start with kh_test_ and are reported as “test” when checked.',

  secretField: 'Secret',
  forms: { plain: 'Plain', env: '.env', export: 'export', powershell: 'PowerShell', curl: 'curl' },
  formOf: 'Show as',
  awaiting: 'Try it: its first request appears here.',
  arrived: 'It works. First request:',

  columns: {
    name: 'Name',
    permissions: 'Permissions',
    lastUsed: 'Last used',
    use: 'Last 30 days',
    expires: 'Expires',
    actions: 'Actions',
  },
  rename: 'Rename',
  narrow: 'Reduce permissions',
  rotate: 'Rotate',
  createdBy: 'Created by',
  by: (creator: string): string => `by ${creator}`,
  created: 'Created',
  sources: { dashboard: 'Dashboard', login: 'Sign-in', register: 'Registration', 'command-line': 'Command line' },
  neverExpires: 'Never',
  expired: 'Expired',
  rotating: 'Rotating',

  rotated: 'Rotated',
  rotateTitle: (name: string) => `Rotate “${name}”`,
  rotateText: 'You’ll get a new secret. Everything else stays the same. The old secret keeps working for the time you choose.',
  rotateDone: 'Your new secret',
  overlapLabel: 'The old secret should',
  overlapChoices: {
    '0': 'Stop working immediately',
    '3600': 'Work for 1 hour',
    '86400': 'Work for 1 day',
    '259200': 'Work for 3 days',
    '604800': 'Work for 7 days',
  },
  overlapOldest: 'The secret before that still works now. It stops working immediately.',
  revokeJwts: 'Also revoke JWTs already minted from this key',
  rotateSubmit: 'Rotate',

  overlapTitle: 'The old secret still works',
  overlapEnds: (when: string) => `It stops working ${when}.`,
  overlapQuiet: 'The old secret hasn’t been used since the rotation. You can end it now.',
  overlapUsed: (count: string, isOne: boolean) => `The old secret was used for ${requests(count, isOne)} since the rotation.`,
  overlapLast: 'Last',
  endOverlap: 'End overlap now',
  endOverlapTitle: 'End the old secret now?',
  endOverlapText: 'Anything still using it will be rejected immediately.',
  endedOverlap: 'The old secret no longer works.',
  extend: 'Extend',
  extendTitle: 'Extend the overlap',
  extendLabel: 'From now on, the old secret should',
  extendLongest: 'Work as long as possible: until 7 days after the rotation',
  extended: 'The old secret’s expiry was extended.',

  renameTitle: 'Rename',
  renamed: 'Renamed.',
  narrowTitle: (name: string) => `Reduce permissions of “${name}”`,
  narrowText: 'Remove permissions it doesn’t need. You can undo this for one day, but not later.',
  narrowKeyText:
    'JWTs with removed permissions are revoked; changing addresses revokes all of its JWTs. They stay revoked even if you undo this.',
  narrowSubmit: 'Reduce permissions',
  narrowed: 'Reduced. You can undo this for one day.',

  undo: 'Undo',
  undoTitle: 'Permissions or addresses were reduced',
  undoWhen: (when: string, until: string): string => `They were reduced ${when}. You can undo this until ${until}.`,
  undoQuestion: (name: string): string => `Restore what was removed from “${name}”?`,
  undoPermissions: 'These permissions will be restored:',
  undoAllPermissions: 'All permissions that it could use before will be restored.',
  undoAddresses: (addresses: string): string => `It will be accepted from these addresses again: ${addresses}.`,
  undoAnyAddress: 'It will be accepted from any address again.',
  undoJwts: 'JWTs that were revoked at that time stay revoked. Mint new ones.',
  undone: 'Restored. It has the same permissions and addresses as before.',

  permissionsTitle: 'Least privilege',
  observedSince: (date: string) => `Use has been counted since ${date}.`,
  leastHint: 'Granted permissions, and how often each was used.',
  leastEmpty: 'No permissions have been used yet. After some time of use, this shows what can be removed.',
  leastUntold: (count: string, isOne: boolean) =>
    `${requests(count, isOne)} in 90 days were checked by introspection without saying which permission they needed, so nothing is suggested here.`,
  leastMoreUnused: (count: string, isOne: boolean) =>
    isOne ? 'One more permission was granted and not used.' : `${count} more permissions were granted and not used.`,
  leastName: 'Permission',
  least30: '30 days',
  least90: '90 days',
  leastLast: 'Last used',
  notGranted: 'not granted',
  unused: 'Not used',
  watched: (days: string): string => `This suggestion is based on its use over ${days} days.`,
  watching: (since: string, from: string): string =>
    `Its use has been recorded since ${since}. After 30 days, on ${from}, this page suggests what can be removed.`,
  narrowToUsed: 'Remove unused permissions',
  narrowToUsedText: 'Will be kept:',
  narrowToUsedGoes: 'Will be removed:',
  narrowToUsedAll: 'Everything else will be removed.',
  minimal: 'All granted permissions are in use.',

  chartTitle: 'Requests, last 90 days',

  revokeSubmit: 'Revoke',
  overview: 'Overview',
  jwts: 'JWTs',
} as const;

const origins: Readonly<Record<string, string>> = { sanctum: 'Sanctum', csv: 'a list', unkey: 'Unkey' };

/** Where it was created, or where it was imported from. */
export const cameFrom = ({
  source,
  imported_from: origin,
}: {
  readonly source: keyof typeof words.sources;
  readonly imported_from: string | null;
}): string => (origin === null ? words.sources[source] : `Imported from ${entryOf(origins, origin) ?? origin}`);
