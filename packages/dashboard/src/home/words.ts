/** Every sentence of the home page, in one place. */

export const words = {
  hello: (name: string) => (name === '' ? 'Welcome' : `Welcome, ${name}`),
  firstTitle: 'First steps',
  makeToken: 'Make a token',
  makeTokenText: 'It is what your program sends instead of a password. Three clicks, and you have one.',
  makeTokenDone: 'You have a token.',
  makeTokenLink: 'Create a token',
  makeKey: 'Make an API key',
  makeKeyText: 'A key is for a server of yours. It belongs to the team, and stays when people leave.',
  makeKeyDone: 'The team has a key. Its first request shows up here.',
  makeKeyLink: 'Create an API key',
  tryIt: 'Try it',
  tryItText: 'Put the token where it says so, and run this in a terminal:',
  tryItWaiting: 'Waiting for the first request. It shows up here by itself.',
  arrived: 'Your first request has arrived. Everything works.',
  placeholder: 'YOUR_TOKEN',
  stepDone: 'Done',

  useTitle: 'Last 30 days',
  lastRequest: 'Last request',

  noticesTitle: 'Things to look at',
  noticesEmpty: 'Nothing needs your attention.',
  noticesMore: (shown: number, all: number) => `The ${shown} most urgent of ${all}.`,
  notices: {
    'expires-soon': (name: string, when: string) => `“${name}” ends ${when}.`,
    'old-secret': (name: string, when: string) => `The secret of “${name}” was made ${when}. Rotate it.`,
    unused: (name: string, when: string) => `“${name}” was last needed ${when}. Revoke it if nobody misses it.`,
    'too-wide': (name: string) => `“${name}” may do more than it does. Narrow it.`,
    refusals: (name: string, when: string) => `Requests with “${name}” are refused, the last ${when}.`,
  },
} as const;
