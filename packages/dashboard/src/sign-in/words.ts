/** The words of the pages that people get in by. */
type Role = 'viewer' | 'developer' | 'admin' | 'owner';

const duration = (seconds: number): string => {
  if (seconds === 1) return '1 second';
  if (seconds < 90) return `${seconds} seconds`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};
const withArticle = (role: Role): string => `${role === 'admin' || role === 'owner' ? 'an' : 'a'} ${role}`;

export const words = {
  email: 'Email',
  password: 'Password',
  newPassword: 'New password',
  name: 'Name',
  optional: '(optional)',
  show: 'Show',
  hide: 'Hide',
  showPassword: 'Show what is typed',
  hidePassword: 'Hide what is typed',
  or: 'or',
  working: 'One moment …',
  logIn: {
    title: (brand: string): string => `Log in to ${brand}`,
    button: 'Log in',
    passkey: 'Log in with a passkey',
    forgot: 'Forgot your password?',
    register: 'Register',
    noAccount: 'New here?',
    provider: (name: string): string => `Continue with ${name}`,
  },
  second: {
    title: 'One more step',
    codeIntro: 'Open your authenticator app and type the six digits that it shows.',
    recoveryIntro: 'Type one of the recovery codes that you kept. Each works once.',
    passkeyIntro: 'Your password was right. Now use your passkey.',
    code: 'Code',
    recovery: 'Recovery code',
    button: 'Continue',
    useRecovery: 'Use a recovery code',
    notRecovery: 'I have no recovery code',
    passkey: 'Use a passkey',
    again: 'Start over',
  },
  register: {
    title: (brand: string): string => `Register at ${brand}`,
    button: 'Register',
    has: 'Registered already?',
    closed: 'Nobody can register here at the moment. Ask whoever runs this place for access.',
    invite: 'Here one registers by invitation: follow the link in the mail that invited you.',
  },
  forgot: {
    title: 'Forgot your password?',
    intro: 'Tell us your address. We send you a link with which you set a new one.',
    button: 'Send the link',
    sentTitle: 'Look into your mail',
    sent: (email: string): string =>
      `If ${email === '' ? 'this address' : email} is registered here, a mail is on its way. Its link works once, within an hour.`,
    notArrived: 'Nothing after a few minutes? Look into the spam folder, or at the spelling of the address.',
    again: 'Try again',
    back: 'Back to log in',
  },
  reset: {
    title: 'Set a new password',
    intro: 'When it is set, every browser that is signed in is signed out.',
    button: 'Set the password',
    doneTitle: 'Your password is set',
    done: 'Log in with it now.',
    another: 'Ask for another link',
  },
  verify: {
    title: 'Confirm your address',
    signedOut: 'Log in first: then your address is confirmed by itself.',
    other: 'Or it is for somebody else than the one who is signed in here.',
    doneTitle: 'Your address is confirmed',
    done: (email: string): string => `${email} is yours. That was all.`,
  },
  newEmail: {
    title: 'Take your new address',
    signedOut: 'Log in first, with your old address: then the new one takes its place.',
    other: 'Or it is for somebody else than the one who is signed in here.',
    doneTitle: 'Your address has changed',
    done: (email: string): string => `From now on you log in with ${email}.`,
  },
  setup: {
    title: (brand: string): string => `Welcome to ${brand}`,
    intro:
      'It runs. You are its first user, and its administrator: choose an address and a password. Everything else is set in the dashboard.',
    button: 'Create the administrator',
    again: 'Restart the server: while it has no administrator, its log shows a new link.',
  },
  invitation: {
    title: 'Your invitation',
    team: (team: string): string => `Join ${team}`,
    place: (brand: string): string => `Join ${brand}`,
    byTeam: (by: string | null, team: string, role: Role): string =>
      `${by ?? 'Somebody'} invites you to the team ${team} as ${withArticle(role)}.`,
    byPlace: (by: string | null, brand: string): string => `${by ?? 'Somebody'} invites you to register at ${brand}.`,
    roles: {
      viewer: 'A viewer sees the team’s keys and what they do, and changes nothing.',
      developer: 'A developer makes and revokes the team’s keys.',
      admin: 'An admin manages its keys and its members.',
      owner: 'An owner may do everything, also hand the team over and delete it.',
    } satisfies Record<Role, string>,
    for: (email: string): string => `The invitation is for ${email}.`,
    accept: 'Accept the invitation',
    logIn: 'Log in to accept',
    register: 'Register to accept',
    registerPlain: 'Register',
  },
  logInAsOther: 'Log in as somebody else',
  toDashboard: 'Go to the dashboard',
  noTicketTitle: 'A part of the link is missing',
  noTicket: 'Follow the whole link from the mail once more, or ask for a new one.',
  passkeyCancelled: 'You cancelled, or it took too long: the passkey was not used. Try again, or log in in another way.',
  noPasskeys: 'Passkeys are not offered here: browsers refuse them where the address of a server is a number.',
  noCookies: 'Your browser refuses cookies, and without one nobody stays logged in. Allow them for this site.',
  retry: 'Try again',
  unreachableTitle: 'The server cannot be reached',
  unreachable: 'You are offline, or it is restarting.',
  offline: 'The server cannot be reached. Nothing you typed is lost: try again when you are back online.',
  unavailable: 'The server cannot answer now. Nothing was changed: try again in a moment.',
  tooMany: 'Too many tries.',
  waitFor: (seconds: number): string => `Try again in ${duration(seconds)}.`,
  broken: (requestId: string | null): string =>
    `Something went wrong on our side.${requestId === null ? '' : ` If you report it, name the request ${requestId}.`}`,
  notAllowed: 'This is not possible here.',
  unknownPage: 'There is no such page',
};
