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
    'Programs that people sign in to with their user here, and that ask them for access: your website, a tool of yours, something that you offer to others.',
  list: 'Applications',
  create: 'Register an application',
  createTitle: 'New application',
  createSubmit: 'Register',
  emptyTitle: 'No applications yet',
  emptyText:
    'Register one for each program that shall ask people for access. It gets a client id, sends people here to log in and agree, and gets its tokens.',
  viewerReason: 'You can look at applications here. Registering and changing them takes the role developer, admin or owner.',
  gone: 'This application does not exist, or was deleted.',
  columns: { name: 'Name', type: 'Type', sessions: 'Sessions', created: 'Registered', actions: 'Actions' },
  types: { confidential: 'Confidential', public: 'Public' },
  unverified: 'Not verified',
  sessions: (number: number, text: string): string => (number >= 1000 ? `${text} or more` : text),

  name: 'Name',
  nameHint: 'As people read it when it asks them for access.',
  nameRequired: 'Give it a name, so that people know who asks.',
  type: 'Where does it run?',
  typeConfidential: 'On a server',
  typeConfidentialHint: 'It can keep a secret: confidential.',
  typePublic: 'In a browser, on a telephone or a computer',
  typePublicHint: 'Whoever has it can read everything in it, so it gets no secret: public.',
  typeStays: 'This cannot be changed later.',
  redirectUris: 'Redirect URIs, one a line',
  redirectUrisHint:
    'Where people go back to, letter by letter. https, or http on the same machine (any port), or a scheme of its own such as com.example.app:/callback.',
  redirectUrisPlaceholder: 'https://app.example.com/callback',
  redirectUrisRequired: 'Where do people go back to? Give at least one.',

  schemes: 'Allow schemes without a dot, such as cursor:',
  schemesHint:
    'Such a scheme belongs to nobody: another program on the same device can claim it, and people would be sent there with their code. PKCE keeps that program from using the code. Prefer a scheme with a dot, or http://127.0.0.1.',

  permissions: 'Asks people for',
  permissionsAny: 'Anything',
  permissionsSome: 'Only some',
  permissionsAnySummary: 'Whatever can be granted',
  permissionsNone: 'Signing in alone',
  chosen: (number: number): string => count(number, 'permission', 'permissions'),
  permissionsAnyHint:
    'Each time it asks for what it needs then. The fewer permissions are possible, the less there is to worry about.',
  permissionsSomeHint: 'It can ask for these and no others. With none, people sign in with it, and that is all.',
  optionalHint: 'What is optional people may leave out when they agree.',
  columnAsks: 'Asks',
  columnOptional: 'Optional',
  columnHas: 'Has',
  permission: 'Permission',
  asksFor: (name: string): string => `Asks for ${name}`,
  optionalFor: (name: string): string => `${name} is optional`,
  hasItself: (name: string): string => `Has ${name}`,
  onlyVerified: 'verified only',
  nothingGrantable: 'The operator has made no permission grantable yet. People can sign in with it.',
  freeText: 'Permissions, one a line',
  freeTextHint: 'Such as invoices.read or invoices.write.',
  freeOptional: 'Of these people may leave out, one a line',

  own: 'May do by itself',
  ownNone: 'Nothing',
  ownHint:
    'Without any user, in this account, with its secret (client credentials). Give it what its own server needs, if anything.',

  policy: 'Sessions end',
  policyNever: 'When people sign out',
  policyHint: 'A session ends when somebody signs out or takes the access back. It can also end by itself.',
  idle: 'After so long without use',
  absolute: 'So long after the sign-in',
  never: 'Never',
  idleSummary: (span: string): string => `after ${span} without use`,
  absoluteSummary: (span: string): string => `${span} after the sign-in`,
  units: {
    day: (number: number): string => count(number, 'day', 'days'),
    hour: (number: number): string => count(number, 'hour', 'hours'),
    minute: (number: number): string => count(number, 'minute', 'minutes'),
    second: (number: number): string => count(number, 'second', 'seconds'),
  },

  look: 'Home page and logo',
  lookNone: 'None',
  homePage: 'Home page',
  homePageHint: 'People can follow it from the page where they agree.',
  homePagePlaceholder: 'https://app.example.com',
  logo: 'Logo',
  logoHint: 'PNG, JPEG or WebP, at most 100 kB and 4,096 pixels wide and high.',
  chooseLogo: 'Choose a picture',
  removeLogo: 'Remove it',
  tooBig: 'The picture may have at most 100 kB.',
  logoAlt: 'The logo',

  signOut: 'After signing out',
  signOutNone: 'The log-in page',
  postLogout: 'Pages to go to after signing out, one a line',
  postLogoutHint: 'An application that signs somebody out may send them to one of these (OpenID Connect).',
  places: (number: number): string => count(number, 'address', 'addresses'),

  idTokens: 'ID tokens',
  idTokenAlgorithm: 'Signature algorithm',
  idTokenAlgorithmHint:
    'Choose RS256 if the library says that it expected RS256 (openid-client 5, next-auth 4). In other cases keep ES256. It applies to the next ID token.',

  keys: 'Public keys',
  keysNone: 'None: it uses its secret',
  keysSome: (number: number): string => count(number, 'key', 'keys'),
  keysField: 'JWK Set',
  keysHint:
    'In place of a secret it can sign with a key of its own (private_key_jwt). Public keys only, each with “kid” and “alg”.',
  keysFault: 'This is not JSON.',

  cancel: 'Cancel',
  save: 'Save',
  discard: 'Discard changes',
  saved: 'Saved.',
  leaveForm: 'Leave without saving?',
  leaveFormText: 'What you typed is not saved yet.',
  losesBadges: (application: Badged): string =>
    `This application is ${badgesOf(application)}. Saving this change takes that away until the operator looks at it again.`,
  savedAndLost: (application: Badged): string =>
    `Saved. The application is no longer ${badgesOf(application)} until the operator looks at it again.`,
  lostSince: (date: string): string => `Since ${date}, until the operator looks at it again.`,

  secretTitle: 'Your new application',
  rotatedTitle: 'The new client secret',
  clientId: 'Client id',
  clientSecret: 'Client secret',
  once: 'Copy the secret now. It will not be shown again.',
  noSecret: 'A public application has no secret: its client id is all that it needs.',
  withKeys: 'It proves itself with its keys; no secret was made.',
  leaveTitle: 'Have you copied the secret?',
  leaveText: 'It is shown only on this page, this once. Without a copy you will have to make another.',
  done: 'Done',

  overview: 'Overview',
  settings: 'Settings',
  sessionsTab: 'Sessions',
  issuer: 'Issuer',
  discovery: 'Discovery',
  copyOf: (what: string): string => `Copy: ${what}`,
  redirectUrisShort: 'Redirect URIs',
  noRedirectUris: 'None: it acts by itself alone',
  createdBy: 'Created by',
  created: 'Registered',
  secret: 'Secret',
  secretMade: (when: string): string => `made ${when}`,
  secretNone: 'none yet',
  secretPublic: 'none: public',
  verification: 'Verification',
  verifiedSince: (date: string): string => `verified on ${date}`,
  unverifiedWhy: 'not verified: people are told so, and it may not ask for sensitive permissions',
  asksFirstParty: 'First-party: people are not asked',
  optional: 'optional',

  rotate: 'New secret',
  rotateTitle: (name: string): string => `A new secret for “${name}”`,
  rotateText: 'You get a new secret. The old one keeps working for a while, so that you can change it in peace.',
  rotateFirst: 'It has no secret yet. You get its first.',
  rotateSubmit: 'Make it',
  overlapLabel: 'The old secret works for',
  overlapChoices: {
    '0': 'no longer: it ends at once',
    '3600': '1 hour',
    '86400': '1 day',
    '604800': '7 days',
  },
  overlapOldest: 'The secret before that, which still works now, ends at once.',
  overlapTitle: 'The old secret still works',
  overlapEnds: (when: string): string => `It ends ${when}.`,
  endOverlap: 'End it now',
  endOverlapTitle: 'End the old secret now?',
  endOverlapText: 'Whatever still uses it is refused from now on.',
  endedOverlap: 'The old secret has ended.',

  delete: 'Delete',
  deleteTitle: (name: string): string => `Delete “${name}”?`,
  deleteText:
    'Everybody who uses it is signed out of it at once, and what they granted ends. Its client id never works again. This cannot be undone.',
  deleted: (name: string): string => `“${name}” is deleted.`,

  sessionsTitle: 'Living sessions',
  sessionsIntro: (shown: number, all: string): string =>
    shown === 0 ? '' : `Who is signed in with it, the newest use first: ${all}.`,
  sessionsMost: (shown: number): string => `The ${shown} that were used last are shown.`,
  sessionsEmpty: 'Nobody is signed in',
  sessionsEmptyText: 'When somebody grants it access, their session shows up here.',
  session: {
    user: 'User',
    permissions: 'May do',
    since: 'Since',
    used: 'Last used',
    end: 'End',
    endOf: (name: string): string => `End the session of ${name}`,
    endTitle: (name: string): string => `End the session of ${name}?`,
    endText: 'They are signed out of the application at once. What they granted stays: they can sign in again.',
    ended: 'The session has ended.',
    nothing: 'signing in alone',
    noName: 'A user',
  },
} as const;
