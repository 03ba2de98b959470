/// <reference types="vite/client" />
/** A page that shows a user their invoices. Only the user, Keyhouse and the API know whose they are. */
import { createClient, KeyhouseError } from '@keyhouse/client';

const {
  VITE_ISSUER: issuer = 'http://localhost:4141',
  VITE_API: api = 'http://localhost:4142',
  VITE_CLIENT_ID: clientId = '',
} = import.meta.env;

interface Invoice {
  readonly number: string;
  readonly customer: string;
  readonly cents: number;
}

const keyhouse = createClient({
  issuer,
  clientId,
  redirectUri: `${location.origin}/`,
  scope: 'openid email',
  permissions: ['invoices.read', 'invoices.write'],
  apiOrigins: [new URL(api).origin],
});

const find = <E extends Element = HTMLElement>(selector: string): E => {
  const found = document.querySelector<E>(selector);
  if (found === null) throw new Error(`The page has no ${selector}.`);
  return found;
};
const say = (text: string): void => {
  find('#notice').textContent = text;
};

async function show(): Promise<void> {
  const session = await keyhouse.session();
  find('#welcome').hidden = session !== null;
  for (const selector of ['#who', '#sign-out', '#invoices']) find(selector).hidden = session === null;
  if (session === null) return;
  await list();
  const { email } = await keyhouse.userInfo();
  find('#who').textContent = email ?? session.subject;
}

async function list(): Promise<void> {
  const response = await keyhouse.fetch(`${api}/api/invoices`);
  // The event reports that the session has ended.
  if (response.status === 401) return;
  if (!response.ok) return say(`The API answers ${response.status}.`);
  const { invoices } = (await response.json()) as { invoices: readonly Invoice[] };
  const amount = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });
  const rows = invoices.map(({ number, customer, cents }) => {
    const row = document.createElement('tr');
    for (const text of [number, customer, amount.format(cents / 100)]) row.insertCell().textContent = text;
    row.lastElementChild?.classList.add('amount');
    return row;
  });
  find('tbody').replaceChildren(...rows);
}

async function create(form: HTMLFormElement): Promise<void> {
  const data = new FormData(form);
  const response = await keyhouse.fetch(`${api}/api/invoices`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ customer: data.get('customer'), cents: Math.round(Number(data.get('amount')) * 100) }),
  });
  if (!response.ok) return say(response.status === 403 ? 'You did not allow this page to write.' : 'It could not be created.');
  form.reset();
  say('Created.');
  await list();
}

const sentenceFor = (error: unknown): string => {
  if (!(error instanceof KeyhouseError)) return 'The API cannot be reached. Try again in a moment.';
  if (error.code === 'access_denied') return 'You denied access, so nobody is signed in.';
  if (error.code === 'unreachable') return 'There is no connection. You stay signed in.';
  return `That did not work (${error.code}). Sign in again.`;
};
const explain = (error: unknown): void => say(sentenceFor(error));
/** Errors are shown where users see them. */
const run = (work: () => Promise<unknown>): void => void work().catch(explain);

find('#sign-in').addEventListener('click', () => run(() => keyhouse.signIn()));
find('#sign-out').addEventListener('click', () => run(() => keyhouse.signOut()));
find('#reload').addEventListener('click', () => run(list));
find<HTMLFormElement>('form').addEventListener('submit', (event) => {
  event.preventDefault();
  run(() => create(find<HTMLFormElement>('form')));
});

// Also if it happened in another tab, or at Keyhouse.
keyhouse.on('signed-in', () => run(show));
keyhouse.on('signed-out', () => run(show));
keyhouse.on('ended', () => {
  say('Your session has ended. Sign in again.');
  run(show);
});

// The event shows the user who has just come back.
run(async () => (await keyhouse.handleRedirect().catch(explain)) ?? show());
