/** The words of the sign-in pages. */
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
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  or: 'or',
  working: 'One moment …',
  logIn: {
    title: (brand: string): string => `Sign in to ${brand}`,
    button: 'Sign in',
    passkey: 'Sign in with a passkey',
    forgot: 'Forgot your password?',
    register: 'Register',
    noAccount: 'New here?',
    provider: (name: string): string => `Continue with ${name}`,
  },
  second: {
    title: 'Two-step verification',
    codeIntro: 'Enter the six-digit code from your authenticator app.',
    recoveryIntro: 'Enter one of your recovery codes. Each code works once.',
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
    lostCode: 'You can sign in with a recovery code. You got ten of them when you turned on two-step verification.',
    lostPasskey: 'A passkey on another device, or in your password manager, works too.',
    lostOperator: (brand: string): string =>
      `None left? Ask the operator of ${brand} to reset your second factor. They verify who you are first. A new password by email does not turn two-step verification off.`,
    lostCommand: 'For the operator: Users in the dashboard, or keyhouse user reset-factors <email>.',
  },
  register: {
    title: (brand: string): string => `Register at ${brand}`,
    button: 'Register',
    has: 'Already registered?',
    closed: 'Registration is currently closed. Ask the operator for access.',
    invite: 'You can register only by invitation. Follow the link in your invitation.',
  },
  forgot: {
    title: 'Forgot your password?',
    intro: 'Enter your email address. We’ll email you a link to reset your password.',
    button: 'Send link',
    introNoMail:
      'Enter your email address. A link to reset your password is created. This server sends no email: you get the link from the operator.',
    buttonNoMail: 'Create link',
    sentTitle: 'Check your email',
    createdTitle: 'Ask the operator for the link',
    created: (email: string): string =>
      `This server sends no email. If ${email === '' ? 'this address' : email} is registered here, the operator finds a link under Administration, Email. It works once, within an hour.`,
    sent: (email: string): string =>
      `If ${email === '' ? 'this address' : email} is registered here, an email is on its way. Its link works once, within an hour.`,
    notArrived: 'Nothing after a few minutes? Check your spam folder and the spelling of the address.',
    again: 'Try again',
    back: 'Back to sign-in',
  },
  reset: {
    title: 'Set a new password',
    intro: 'After that, every browser is signed out.',
    button: 'Set password',
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
    stays: 'These were created with the old password. API keys, and tokens created in the dashboard, keep working.',
    firstProof: (email: string): string =>
      `${email} has not been verified before; this link verifies it. The person who registered may not have been its owner, so everything created before stops working immediately.`,
    instead: 'Do you know the old password? Sign in with it and verify your email address first: then nothing ends.',
    twoStep: (brand: string): string =>
      `Two-step verification stays on: have your second factor or a recovery code ready. If you lost them all, ask the operator of ${brand}.`,
    doneTitle: 'Your password was set',
    done: 'Sign in with it now.',
    another: 'Ask for another link',
  },
  firstProof: {
    title: 'Is this account yours?',
    why: (email: string, provider: string): string =>
      `An account with the address ${email} exists here, but the address was never verified. ${provider} says that it is yours.`,
    willEnd: (password: boolean, ends: string | null): string =>
      `If you continue, ${[password ? 'the password' : null, 'every sign-in', ends].filter((part) => part !== null).join(', ')} of this account will end.`,
    reason:
      'The person who registered may not be the owner of the address, so everything created before stops working immediately. You get an email with the list.',
    instead: 'Do you know the password? Cancel, sign in with it, and verify your email address first: then nothing ends.',
    button: 'End it all and continue',
    cancel: 'Cancel',
  },
  verify: {
    title: 'Verify your email address',
    signedOut: 'Sign in first: then your email address is verified.',
    doneTitle: 'Your email address is verified',
    done: (email: string): string => `${email} is verified. There is nothing else to do.`,
  },
  newEmail: {
    title: 'Use your new email address',
    signedOut: 'Sign in with your old address first. Then the new one replaces it.',
    doneTitle: 'Your email address was changed',
    done: (email: string): string => `From now on, sign in with ${email}.`,
  },
  setup: {
    title: (brand: string): string => `Welcome to ${brand}`,
    intro:
      'The server is running. You are its first user and administrator: choose an email address and a password. Set up everything else in the dashboard.',
    button: 'Create administrator',
  },
  invitation: {
    title: 'Your invitation',
    team: (team: string): string => `Join ${team}`,
    place: (brand: string): string => `Join ${brand}`,
    byTeam: (by: string | null, team: string, role: Role): string =>
      `${by ?? 'Someone'} invites you to the team ${team} as ${withArticle(role)}.`,
    byPlace: (by: string | null, brand: string): string => `${by ?? 'Someone'} invites you to register at ${brand}.`,
    roles: {
      viewer: 'A viewer can see the team’s keys and what they do, but can’t change anything.',
      developer: 'A developer can create and revoke the team’s keys.',
      admin: 'An admin can manage the team’s keys and members.',
      owner: 'An owner can do everything, including transferring ownership and deleting the team.',
    } satisfies Record<Role, string>,
    for: (email: string): string => `The invitation is for ${email}.`,
    accept: 'Accept invitation',
    logIn: 'Sign in to accept',
    register: 'Register to accept',
    registerPlain: 'Register',
    usersOnly: (email: string): string =>
      `No one is registered as ${email}, and this invitation doesn’t allow registration. Ask the person who invited you.`,
  },
  consent: {
    waitingTitle: 'An application asks for access',
    title: (name: string): string => `${name} asks for access`,
    registeredBy: 'Registered by',
    own: (brand: string): string => `An application of ${brand} itself.`,
    verified: (brand: string): string => `Verified by ${brand}`,
    notVerifiedTitle: 'Not verified.',
    notVerified: 'The operator has not checked who is behind it. Only continue if you trust this app and started this yourself.',
    loggedInAs: 'You are signed in as',
    notYou: 'Not you?',
    account: 'For which account',
    personal: (name: string): string => `${name} (personal)`,
    inAccount: (name: string, role: Role): string => `${name} (you are ${withArticle(role)})`,
    viewer: (name: string): string => `You’re a viewer in ${name}, so this app gets read-only access there.`,
    wants: 'It will be able to',
    sensitive: 'Sensitive',
    profile: (name: string): string => (name === '' ? 'See your name' : `See your name, ${name}`),
    email: 'See your email address',
    onlyWho: 'See a unique ID for you, nothing else',
    optional: '(clear the checkbox of any permission you don’t want to give)',
    goesTo: (host: string): string => `You’ll continue to ${host}.`,
    askedAgain:
      'You have allowed this before. We ask each time, because any program on this device could pretend to be this app.',
    toProgram: 'You’ll return to an app on this device.',
    signedOut: 'You are no longer signed in. Sign in to continue: your choices are kept.',
    allow: 'Allow',
    deny: 'Deny',
    lasts: 'You can revoke access in your account settings, under Connected applications.',
    allowed: (name: string): string => `${name} has access`,
    denied: (name: string): string => `${name} gets no access`,
    goingBack: (name: string): string => `Returning to ${name} …`,
    close: 'You can close this window.',
    overTitle: 'This request has expired',
    over: 'It is more than an hour old, or its link is incomplete. Start again in the application.',
  },
  proof: {
    title: 'Confirm it’s you',
    why: 'For your security, enter your password or use a passkey before an application gets new access. We ask again after 10 minutes.',
    button: 'Confirm',
    passkey: 'Use a passkey',
    back: 'Back',
    logIn: 'Sign in again',
  },
  logOut: {
    title: (brand: string): string => `Sign out of ${brand}?`,
    asks: 'asks you to sign out here.',
    somebody: 'You were sent here to sign out.',
    goesTo: (host: string): string => `You’ll continue to ${host}.`,
    button: 'Sign out',
    stay: 'Stay signed in',
    doneTitle: 'You are signed out',
    done: (brand: string): string => `No one is signed in to ${brand} in this browser any more. You can close this window.`,
    again: 'Sign in again',
  },
  proveAgain: 'An application asks you to confirm it’s you: sign in again.',
  forDevelopers: 'For developers:',
  goOn: 'Continue',
  logInAsOther: 'Sign in as someone else',
  toDashboard: 'Go to the dashboard',
  noTicketTitle: 'This link is incomplete',
  noTicket: 'Open the whole link again, or request a new one.',
  passkeyCancelled: 'You cancelled, or it took too long: the passkey was not used. Try again, or sign in another way.',
  noPasskeys: 'Passkeys are not available here: browsers don’t allow them when the server’s address is an IP address.',
  noCookies:
    'Your browser blocks cookies, and without one you can’t stay signed in. Allow cookies for this site, then try again.',
  retry: 'Try again',
  unreachableTitle: 'The server can’t be reached',
  unreachable: 'You are offline, or it is restarting.',
  offline: 'The server can’t be reached. Nothing you typed is lost. Try again when you are back online.',
  unavailable: 'The server can’t answer right now. Nothing was changed. Try again in a moment.',
  tooMany: 'Too many attempts.',
  waitFor: (seconds: number): string => `Try again in ${duration(seconds)}.`,
  broken: (requestId: string | null): string =>
    `Something went wrong on our side.${requestId === null ? '' : ` If you report it, include the request ID ${requestId}.`}`,
  notAllowed: 'This is not possible here.',
  unknownPage: 'Page not found',
};
