/** The words of the pages that people get in by. */
type Role = 'viewer' | 'developer' | 'admin' | 'owner';

const duration = (seconds: number): string => {
  if (seconds === 1) return '1 second';
  if (seconds < 90) return `${seconds} seconds`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};
const count = (number: number, noun: string): string | null =>
  number === 0 ? null : `${number} ${noun}${number === 1 ? '' : 's'}`;
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
    title: 'Two-step verification',
    codeIntro: 'Open your authenticator app and type the six digits that it shows.',
    recoveryIntro: 'Type one of your recovery codes. Each works once.',
    passkeyIntro: 'Use your passkey to finish signing in.',
    code: 'Code',
    recovery: 'Recovery code',
    button: 'Continue',
    useRecovery: 'Use a recovery code',
    notRecovery: 'Use another way',
    passkey: 'Use a passkey',
    again: 'Start over',
    back: 'Back',
    lost: 'I lost my second factor',
    lostTitle: 'Lost your second factor?',
    lostCode: 'A recovery code lets you in. You got ten of them when you turned on two-step verification.',
    lostPasskey: 'A passkey on another device, or in your password manager, works too.',
    lostOperator: (brand: string): string =>
      `None left? Ask the operator of ${brand} to reset your second factor. They verify who you are first. A new password by email does not turn two-step verification off.`,
    lostCommand: 'For the operator: Users in the dashboard, or keyhouse user reset-factors <email>.',
  },
  register: {
    title: (brand: string): string => `Register at ${brand}`,
    button: 'Register',
    has: 'Registered already?',
    closed: 'Nobody can register here at the moment. Ask whoever runs this place for access.',
    invite: 'Here one registers by invitation: follow the link of your invitation.',
  },
  forgot: {
    title: 'Forgot your password?',
    intro: 'Tell us your address. We send you a link with which you set a new one.',
    button: 'Send the link',
    introNoMail:
      'Enter your address. A link is created with which you set a new one. This server sends no email: you get the link from the operator.',
    buttonNoMail: 'Create the link',
    sentTitle: 'Check your email',
    createdTitle: 'Ask the operator for the link',
    created: (email: string): string =>
      `This server sends no email. If ${email === '' ? 'this address' : email} is registered here, the operator finds a link under Administration, Email. It works once, within an hour.`,
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
    ends: (of: {
      keys: number;
      tokens: number;
      applications: number;
      sessions: number;
      passkeys: number;
      authenticator_app: boolean;
    }): string | null => {
      const parts = [
        count(of.keys, 'API key'),
        count(of.tokens, 'token'),
        count(of.applications, 'application'),
        count(of.sessions, 'session'),
        count(of.passkeys, 'passkey'),
        of.authenticator_app ? 'the authenticator app' : null,
      ].filter((part) => part !== null);
      if (parts.length === 0) return null;
      return parts.length === 1 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
    },
    willEnd: (what: string): string => `A new password ends ${what}.`,
    stays: 'These came from the old password. API keys, and tokens created in the dashboard, keep working.',
    firstProof: (email: string): string =>
      `Nobody has verified ${email} until now, and this link does. The person who registered may not have been its owner, so everything created before stops working at once.`,
    instead: 'Do you know the old password? Sign in with it and verify your email address first: that ends nothing.',
    twoStep: (brand: string): string =>
      `Two-step verification stays on: have your second factor or a recovery code ready. If you lost them all, ask the operator of ${brand}.`,
    doneTitle: 'Your password is set',
    done: 'Log in with it now.',
    another: 'Ask for another link',
  },
  firstProof: {
    title: 'Is this account yours?',
    why: (email: string, provider: string): string =>
      `An account with the address ${email} exists here, and nobody has verified the address. ${provider} says that it is yours.`,
    willEnd: (password: boolean, ends: string | null): string =>
      `If you continue, ${[password ? 'the password' : null, 'every sign-in', ends].filter((part) => part !== null).join(', ')} of this account will end.`,
    reason:
      'The person who registered may not be the owner of the address, so everything created before stops working at once. You get an email with the list.',
    instead: 'Do you know the password? Cancel, sign in with it, and verify your email address first: that ends nothing.',
    button: 'End it all and continue',
    cancel: 'Cancel',
  },
  verify: {
    title: 'Confirm your address',
    signedOut: 'Log in first: then your address is confirmed.',
    doneTitle: 'Your address is confirmed',
    done: (email: string): string => `${email} is yours. That was all.`,
  },
  newEmail: {
    title: 'Take your new address',
    signedOut: 'Log in first, with your old address: then the new one takes its place.',
    doneTitle: 'Your address has changed',
    done: (email: string): string => `From now on you log in with ${email}.`,
  },
  setup: {
    title: (brand: string): string => `Welcome to ${brand}`,
    intro:
      'It runs. You are its first user, and its administrator: choose an address and a password. Everything else is set in the dashboard.',
    button: 'Create the administrator',
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
    usersOnly: (email: string): string =>
      `Nobody is registered as ${email}, and this invitation doesn’t open registration. Ask the person who invited you.`,
  },
  consent: {
    looking: 'An application asks for access',
    title: (name: string): string => `${name} asks for access`,
    registeredBy: 'Registered by',
    own: (brand: string): string => `An application of ${brand} itself.`,
    verified: (brand: string): string => `Verified by ${brand}`,
    notVerifiedTitle: 'Not verified.',
    notVerified: 'The operator has not checked who is behind it. Allow only if you came from there on purpose.',
    loggedInAs: 'You are logged in as',
    notYou: 'Not you?',
    account: 'For which account',
    personal: (name: string): string => `${name} (your own)`,
    inAccount: (name: string, role: Role): string => `${name} (you are ${withArticle(role)})`,
    viewer: (name: string): string => `You only read in ${name}, so it will only read there, whatever it asks for.`,
    wants: 'It will be able to',
    sensitive: 'Sensitive',
    profile: (name: string): string => (name === '' ? 'See your name' : `See your name, ${name}`),
    email: 'See your email address',
    onlyWho: 'Recognise you by a number, and nothing else',
    optional: '(untick what it shall not)',
    goesTo: (host: string): string => `Then your browser goes to ${host}.`,
    askedAgain: 'You have allowed this before. You are asked each time, because any program on this computer could pose as it.',
    toProgram: 'Then your browser hands over to a program on this computer.',
    signedOut: 'Your sign-in has ended. Log in to continue: your choices stay.',
    allow: 'Allow',
    deny: 'Deny',
    lasts: 'Access lasts until you end it: in your settings, under Connected applications.',
    allowed: (name: string): string => `${name} has access`,
    denied: (name: string): string => `${name} gets no access`,
    goingBack: (name: string): string => `Going back to ${name} …`,
    close: 'You may close this window.',
    overTitle: 'This request is over',
    over: 'It has waited for more than an hour, or a part of the link is missing. Start again at the application.',
  },
  proof: {
    title: 'Confirm it’s you',
    why: 'For your security, enter your password or use a passkey before an application gets new access. We ask again after 10 minutes.',
    button: 'Confirm',
    passkey: 'Use a passkey',
    back: 'Back',
    logIn: 'Log in again',
  },
  logOut: {
    title: (brand: string): string => `Log out of ${brand}?`,
    asks: 'asks that you log out here.',
    somebody: 'You were sent here to log out.',
    goesTo: (host: string): string => `Then your browser goes to ${host}.`,
    button: 'Log out',
    stay: 'Stay logged in',
    doneTitle: 'You are logged out',
    done: (brand: string): string => `Nobody is logged in to ${brand} in this browser any more. You may close this window.`,
    again: 'Log in again',
  },
  proveAgain: 'An application wants to be sure that it is you: log in once more.',
  forDevelopers: 'For developers:',
  goOn: 'Go on',
  logInAsOther: 'Log in as somebody else',
  toDashboard: 'Go to the dashboard',
  noTicketTitle: 'A part of the link is missing',
  noTicket: 'Open the whole link once more, or ask for a new one.',
  passkeyCancelled: 'You cancelled, or it took too long: the passkey was not used. Try again, or log in in another way.',
  noPasskeys: 'Passkeys are not offered here: browsers refuse them where the address of a server is a number.',
  noCookies: 'Your browser refuses cookies, and without one nobody stays logged in. Allow them for this site, then try again.',
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
