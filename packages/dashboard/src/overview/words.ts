/** Every sentence of the overview page, in one place. */

export const words = {
  hello: (name: string) => (name === '' ? 'Welcome' : `Welcome, ${name}`),
  firstTitle: 'First steps',
  makeToken: 'Create a token',
  makeTokenText: 'Your program sends it instead of a password. Three clicks, and you have one.',
  makeTokenDone: 'You have a token.',
  makeTokenLink: 'Create a token',
  makeKey: 'Create an API key',
  makeKeyText: 'A key is for your servers. It belongs to the team, and stays when people leave.',
  makeKeyDone: 'The team has a key. Its first request appears here.',
  makeKeyLink: 'Create an API key',
  tryIt: 'Try it',
  tryItText: 'Replace YOUR_TOKEN with the token, and run this in a terminal:',
  tryItWaiting: 'Waiting for the first request. It appears here by itself.',
  arrived: 'Your first request has arrived. Everything works.',
  placeholder: 'YOUR_TOKEN',
  stepDone: 'Done',

  useTitle: 'Last 30 days',
  lastRequest: 'Last request',

  noticesTitle: 'Needs attention',
  noticesEmpty: 'You’re all caught up.',
  noticesMore: (shown: number, all: number) => `The ${shown} most urgent of ${all}.`,
  notices: {
    'expires-soon': (name: string, when: string) => `“${name}” expires ${when}.`,
    'old-secret': (name: string, when: string) => `The secret of “${name}” was created ${when}. Rotate it.`,
    unused: (name: string, when: string) =>
      `“${name}” is not in use: its last activity was ${when}. Revoke it if you no longer need it.`,
    'too-wide': (name: string) => `“${name}” has permissions that it doesn’t use. Remove them.`,
    refusals: (name: string, when: string) => `Requests with “${name}” are rejected, most recently ${when}.`,
  },
} as const;
