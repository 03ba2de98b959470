/** Every sentence of this room. */
import { BADGE_WORDS, listed } from '../kit/application-words.ts';
import type { Application } from './queries.ts';

const count = (number: number, one: string, many: string): string => (number === 1 ? `1 ${one}` : `${number} ${many}`);

type Badged = Pick<Application, 'verified_at' | 'first_party'>;

const badgesOf = ({ verified_at: verifiedAt, first_party: isFirstParty }: Badged): string =>
  listed([...(verifiedAt === null ? [] : [BADGE_WORDS.verified]), ...(isFirstParty ? [BADGE_WORDS.first_party] : [])]);

export const words = {
  title: 'Applications',
  intro:
    'Apps that people sign in to with their account here, and that ask them for access: your website, your own tools, or an app that you offer to others.',
  list: 'Applications',
  create: 'Register an application',
  createTitle: 'New application',
  createSubmit: 'Register',
  emptyTitle: 'No applications yet',
  emptyText:
    'Register each app that will ask users for access. It gets a client ID, sends people here to sign in and agree, and receives its tokens.',
  viewerReason: 'You can view applications here. Registering and changing them requires the role developer, admin or owner.',
  gone: 'This application does not exist, or was deleted.',
  columns: { name: 'Name', type: 'Type', sessions: 'Sessions', created: 'Registered', actions: 'Actions' },
  types: { confidential: 'Confidential', public: 'Public' },
  unverified: 'Not verified',
  sessions: (number: number, text: string): string => (number >= 1000 ? `${text} or more` : text),

  name: 'Name',
  nameHint: 'Shown to people when it asks them for access.',
  nameRequired: 'Enter a name so that people know who asks.',
  type: 'Where does it run?',
  typeConfidential: 'On a server',
  typeConfidentialHint: 'Confidential: it can keep a secret.',
  typePublic: 'In a browser, on a phone or a computer',
  typePublicHint: 'Public: anyone can inspect its code, so it has no secret.',
  typeStays: 'This cannot be changed later.',
  redirectUris: 'Redirect URIs, one per line',
  redirectUrisHint:
    'Must match exactly. Use https, http on the same machine (any port), or a custom scheme such as com.example.app:/callback.',
  redirectUrisPlaceholder: 'https://app.example.com/callback',
  redirectUrisRequired: 'Enter at least one redirect URI.',

  schemes: 'Allow schemes without a dot, such as cursor:',
  schemesHint:
    'Nobody owns such a scheme: another program on the same device can claim it, and would then receive the authorization code. PKCE keeps that program from using the code. Prefer a scheme with a dot, or http://127.0.0.1.',

  permissions: 'Requests access to',
  permissionsAny: 'Anything',
  permissionsSome: 'Only some',
  permissionsAnySummary: 'Any grantable permission',
  permissionsNone: 'Sign-in only',
  chosen: (number: number): string => count(number, 'permission', 'permissions'),
  permissionsAnyHint: 'It can request any grantable permission. Limit it to what it needs.',
  permissionsSomeHint: 'It can request only these. With none, it can only be used for sign-in.',
  optionalHint: 'People can leave out optional permissions when they agree.',
  columnAsks: 'Requested',
  columnOptional: 'Optional',
  columnHas: 'Granted',
  permission: 'Permission',
  asksFor: (name: string): string => `Request ${name}`,
  optionalFor: (name: string): string => `${name} is optional`,
  hasItself: (name: string): string => `Grant ${name}`,
  onlyVerified: 'verified only',
  nothingGrantable: 'The operator has not made any permission grantable yet. People can sign in with it.',
  freeText: 'Permissions, one per line',
  freeTextHint: 'For example, invoices.read or invoices.write.',
  freeOptional: 'Optional permissions that people can leave out, one per line',

  own: 'Machine-to-machine permissions',
  ownNone: 'None',
  ownHint:
    'What it can do in this account without a user, with its own secret or key (client credentials). Grant only what its server needs.',

  policy: 'Session lifetime',
  policyNever: 'Until sign-out',
  policyHint: 'A session ends when the user signs out or revokes access. It can also expire by itself.',
  idle: 'After inactivity of',
  absolute: 'After sign-in',
  never: 'Never',
  idleSummary: (span: string): string => `after ${span} of inactivity`,
  absoluteSummary: (span: string): string => `${span} after sign-in`,
  units: {
    day: (number: number): string => count(number, 'day', 'days'),
    hour: (number: number): string => count(number, 'hour', 'hours'),
    minute: (number: number): string => count(number, 'minute', 'minutes'),
    second: (number: number): string => count(number, 'second', 'seconds'),
  },

  appearance: 'Home page and logo',
  appearanceNone: 'None',
  homePage: 'Home page',
  homePageHint: 'Linked from the page where people agree.',
  homePagePlaceholder: 'https://app.example.com',
  logo: 'Logo',
  logoHint: 'PNG, JPEG or WebP, at most 100 kB and 4,096 pixels wide and high.',
  chooseLogo: 'Choose an image',
  removeLogo: 'Remove',
  tooBig: 'The image can be at most 100 kB.',
  logoAlt: 'The logo',

  signOut: 'After sign-out',
  signOutNone: 'The sign-in page',
  postLogout: 'Pages to go to after sign-out, one per line',
  postLogoutHint: 'When the application signs a user out, it can send them to one of these (OpenID Connect).',
  places: (number: number): string => count(number, 'address', 'addresses'),

  idTokens: 'ID tokens',
  idTokenAlgorithm: 'Signature algorithm',
  idTokenAlgorithmHint:
    'Choose RS256 if your library says that it expected RS256 (openid-client 5, next-auth 4). Otherwise keep ES256. It applies from the next ID token on.',

  keys: 'Public keys',
  keysNone: 'None: it uses its secret',
  keysSome: (number: number): string => count(number, 'key', 'keys'),
  keysField: 'JWK Set',
  keysHint: 'Instead of a secret it can sign with its own key (private_key_jwt). Public keys only, each with “kid” and “alg”.',
  keysFault: 'This is not valid JSON.',

  cancel: 'Cancel',
  save: 'Save',
  discard: 'Discard changes',
  saved: 'Saved.',
  leaveForm: 'Leave without saving?',
  leaveFormText: 'What you typed is not saved yet.',
  losesBadges: (application: Badged): string =>
    `This application is ${badgesOf(application)}. Saving this change removes that until the operator reviews it again.`,
  savedAndLost: (application: Badged): string =>
    `Saved. The application is no longer ${badgesOf(application)} until the operator reviews it again.`,
  lostSince: (date: string): string => `Since ${date}, until the operator reviews it again.`,

  secretTitle: 'Your new application',
  rotatedTitle: 'Your new client secret',
  clientId: 'Client ID',
  clientSecret: 'Client secret',
  once: 'Copy the secret now. It will not be shown again.',
  noSecret: 'A public application has no secret: it needs only its client ID.',
  withKeys: 'It authenticates with its keys; no secret was created.',
  leaveTitle: 'Have you copied the secret?',
  leaveText: 'It is shown only once, on this page. Without a copy you will have to create another.',
  done: 'Done',

  overview: 'Overview',
  settings: 'Settings',
  sessionsTab: 'Sessions',
  issuer: 'Issuer',
  discovery: 'Discovery',
  copyOf: (what: string): string => `Copy: ${what}`,
  redirectUrisShort: 'Redirect URIs',
  noRedirectUris: 'None: it never acts for a user',
  createdBy: 'Created by',
  created: 'Registered',
  secret: 'Secret',
  secretMade: (when: string): string => `created ${when}`,
  secretNone: 'none yet',
  secretPublic: 'none: public',
  verification: 'Verification',
  verifiedSince: (date: string): string => `Verified on ${date}`,
  unverifiedWhy: 'Unverified: users see a warning, and sensitive permissions are unavailable',
  asksFirstParty: 'First-party: people are not asked for consent',
  optional: 'optional',

  rotate: 'New secret',
  rotateTitle: (name: string): string => `New secret for “${name}”`,
  rotateText: 'You’ll get a new secret. The old secret keeps working for the time you choose.',
  rotateFirst: 'It has no secret yet. You’ll get its first one.',
  rotateSubmit: 'Create',
  overlapLabel: 'The old secret should',
  overlapChoices: {
    '0': 'Stop working immediately',
    '3600': 'Work for 1 hour',
    '86400': 'Work for 1 day',
    '604800': 'Work for 7 days',
  },
  overlapOldest: 'The secret before that still works now. It stops working immediately.',
  overlapTitle: 'The old secret still works',
  overlapEnds: (when: string): string => `It stops working ${when}.`,
  endOverlap: 'End it now',
  endOverlapTitle: 'End the old secret now?',
  endOverlapText: 'Anything still using it will be rejected immediately.',
  endedOverlap: 'The old secret no longer works.',

  delete: 'Delete',
  deleteTitle: (name: string): string => `Delete “${name}”?`,
  deleteText:
    'Everyone who uses it is signed out of it immediately, and the access they gave it is revoked. Its client ID never works again. This can’t be undone.',
  deleted: (name: string): string => `“${name}” is deleted.`,

  sessionsTitle: 'Active sessions',
  sessionsIntro: (shown: number, all: string): string =>
    shown === 0 ? '' : `Who is signed in to it, most recently used first: ${all}.`,
  sessionsMost: (shown: number): string => `Only the ${shown} most recently used are shown.`,
  sessionsEmpty: 'No one is signed in',
  sessionsEmptyText: 'When someone gives it access, their session appears here.',
  session: {
    user: 'User',
    permissions: 'Permissions',
    since: 'Since',
    used: 'Last used',
    end: 'End',
    endOf: (name: string): string => `End the session of ${name}`,
    endTitle: (name: string): string => `End the session of ${name}?`,
    endText: 'They are signed out of the application immediately. The access they gave it stays: they can sign in again.',
    ended: 'The session has ended.',
    nothing: 'sign-in only',
    noName: 'A user',
  },
} as const;
