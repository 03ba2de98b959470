/** The words of the security page. */
export const words = {
  title: 'Security',
  intro: 'How you sign in, and where you are signed in now.',
  added: 'Added',
  lastUsed: 'last used',
  never: 'not used yet',
  password: {
    title: 'Password',
    intro:
      'When you change it, every other browser is signed out, and tokens that programs got by signing in with the old one are revoked.',
    ends: ({ tokens, sessions }: { tokens: number; sessions: number }): string | null => {
      const parts = [
        tokens === 0 ? null : `${tokens} token${tokens === 1 ? '' : 's'} from sign-ins`,
        sessions === 0 ? null : `${sessions} session${sessions === 1 ? '' : 's'} of applications`,
      ].filter((part) => part !== null);
      return parts.length === 0 ? null : `A new password also ends ${parts.join(' and ')}.`;
    },
    introNone: 'You have no password yet: you sign in another way. With a password you can also sign in with your email address.',
    since: 'Changed',
    next: 'New password',
    change: 'Change password',
    set: 'Set a password',
    changed: 'Your password was changed. Every other browser was signed out.',
  },
  passkeys: {
    title: 'Passkeys',
    intro: 'Sign in with your fingerprint, face or device PIN instead of your password. It can’t be phished.',
    none: 'No passkeys yet.',
    add: 'Add a passkey',
    name: 'Name',
    nameHint: 'So you can recognize it later.',
    goOn: 'Continue',
    next: 'Your browser asks for your fingerprint, face, device PIN or security key next.',
    synced: 'Synced',
    rename: 'Rename',
    renameTitle: 'Rename the passkey',
    save: 'Save',
    remove: 'Remove',
    renameOf: (name: string): string => `Rename the passkey ${name}`,
    removeOf: (name: string): string => `Remove the passkey ${name}`,
    removeTitle: (name: string): string => `Remove ${name}?`,
    removeWhy: 'It can’t be used to sign in any more. Delete it from your device or password manager too.',
    removeLast: 'It is your last second factor: two-step verification is turned off, and your recovery codes are deleted.',
    notHere: 'Passkeys are not available here: browsers don’t allow them when the server’s address is an IP address.',
    notInBrowser: 'This browser doesn’t support passkeys.',
    cancelled: 'You cancelled, or it took too long: no passkey was added.',
    known: 'This device already has one of your passkeys.',
    failed: 'The browser didn’t allow it: no passkey was added.',
  },
  twoStep: {
    title: 'Two-step verification',
    intro: 'After your password you are asked for a second factor. Someone who knows your password alone cannot sign in.',
    off: (passkeys: number): string =>
      passkeys === 0
        ? 'Off. Your password is enough to sign in.'
        : 'Off. Your password is enough to sign in. Your passkeys are a way to sign in, not a second step.',
    on: (date: string, methods: string): string => `On since ${date}. After your password: ${methods}.`,
    app: 'a code from your authenticator app',
    passkey: 'a passkey',
    code: 'a recovery code',
    or: ', or ',
    useApp: 'Use an authenticator app',
    addApp: 'Add an authenticator app',
    usePasskey: 'Use a passkey',
    turnOn: 'Turn on',
    turnOff: 'Turn off',
    passkeyTitle: 'Turn on two-step verification?',
    passkeyWhy: 'After your password you will be asked for a passkey. You get recovery codes next, in case you lose it.',
    offTitle: 'Turn off two-step verification?',
    offWhy:
      'Your password alone will be enough to sign in. Your authenticator app and your recovery codes are removed. Passkeys stay, as a way to sign in.',
    removeApp: 'Remove the authenticator app',
    removeAppTitle: 'Remove the authenticator app?',
    removeAppWhy: 'Two-step verification stays on: after your password you will be asked for a passkey or a recovery code.',
  },
  totp: {
    scan: 'Scan this with your authenticator app.',
    orType: 'Or enter the key in the app:',
    secret: 'Key',
    copySecret: 'Copy the key',
    qr: 'QR code of the key below',
    code: 'Code',
    codeHint: 'The six digits that the app shows now.',
    confirm: 'Turn on',
    cancel: 'Cancel',
  },
  codes: {
    title: 'Recovery codes',
    intro: 'Use one if you lose your phone or passkey. Each code works once, as the second step.',
    left: (count: number): string =>
      count === 0 ? 'You have no recovery codes.' : count === 1 ? 'One is left.' : `${count} are left.`,
    few: 'Create new ones now so you don’t get locked out.',
    make: 'Create new codes',
    makeTitle: 'Create new recovery codes?',
    makeWhy: 'Your current codes stop working.',
    shownTitle: 'Your recovery codes',
    once: 'Store them somewhere other than your phone. You won’t see them again.',
    copy: 'Copy',
    download: 'Download',
    print: 'Print',
    done: 'I’ve saved them',
    leaveTitle: 'Did you save the codes?',
    leave: 'You won’t see them again. Without them, and without your second factor, you cannot sign in.',
    file: (brand: string): string => `${brand.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-recovery-codes.txt`,
    head: (brand: string, email: string): string => `Recovery codes of ${email} for ${brand}. Each code works once.`,
  },
  identities: {
    title: 'Other ways to sign in',
    intro: 'Sign in with an account that you have elsewhere.',
    link: (name: string): string => `Link ${name}`,
    unlink: 'Unlink',
    unlinkOf: (name: string): string => `Unlink ${name}`,
    unlinkTitle: (name: string): string => `Unlink ${name}?`,
    unlinkWhy: 'It can no longer be used to sign in here.',
    linked: 'Linked',
    notLinked: 'Not linked',
  },
  signIns: {
    more: 'There are more. Only the newest 100 are listed; “Sign out everywhere else” ends those too.',
    title: 'Active sessions',
    intro: 'Don’t recognize one? Sign it out and change your password.',
    this: 'This browser',
    device: (browser: string | null, system: string | null): string => {
      if (browser === null) return system ?? 'An unknown browser';
      return system === null ? browser : `${browser} on ${system}`;
    },
    seen: 'Last seen',
    since: 'Signed in',
    end: 'Sign out',
    endOf: (device: string): string => `Sign out ${device}`,
    endTitle: (device: string): string => `Sign out ${device}?`,
    endWhy: 'That browser is signed out immediately.',
    endOthers: 'Sign out everywhere else',
    endOthersTitle: 'Sign out everywhere else?',
    endOthersWhy: 'Every browser except this one is signed out immediately. Tokens and keys keep working.',
    withSessions: (count: number): string =>
      count === 1
        ? 'Also end the session of the application that was connected from there'
        : `Also end the ${count} sessions of applications that were connected from there`,
    withSessionsWhy:
      'Leave this selected if you don’t recognize a sign-in: anyone who used it may have connected an application.',
    withSessionsElsewhere: (count: number): string =>
      count === 1
        ? 'Also end the session of the application that was not connected from this sign-in'
        : `Also end the ${count} sessions of applications that were not connected from this sign-in`,
  },
};
