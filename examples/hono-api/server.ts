/** Invoices of each account, on Hono. Three lines are Keyhouse's: the import, `guard` and `app.use(keyhouse)`. */
import { serve } from '@hono/node-server';
import type { Caller } from '@keyhouse/guard';
import { guard } from '@keyhouse/guard/hono';
import { Hono } from 'hono';

const { KEYHOUSE_URL = 'http://localhost:4141', KEYHOUSE_KEY = '', PORT = '4148' } = process.env;

interface Invoice {
  readonly number: string;
  readonly customer: string;
  readonly cents: number;
}

const keyhouse = guard({ issuer: KEYHOUSE_URL, key: KEYHOUSE_KEY });
const app = new Hono();
app.use(keyhouse);

// GET asks for invoices.read, POST for invoices.write: by method and path, so nothing has to be said here.
app.get('/api/invoices', (c) => c.json({ invoices: bookOf(c.get('caller')) }));

app.post('/api/invoices', async (c) => {
  const { customer, cents } = await c.req.json().catch(() => ({}));
  if (typeof customer !== 'string' || customer.trim() === '' || !Number.isSafeInteger(cents))
    return c.json({ message: 'An invoice has a customer and cents.' }, 422);
  const book = bookOf(c.get('caller'));
  const invoice = { number: `${1001 + book.length}`, customer: customer.trim(), cents };
  book.push(invoice);
  return c.json(invoice, 201);
});

app.get('/api/services', (c) => c.json({ services: [{ name: 'Hosting', cents: 2500 }] }));

/** By account and environment: what was created with a test key is visible only to test keys. */
const books = new Map<string, Invoice[]>();

function bookOf(caller: Caller | null): Invoice[] {
  if (caller === null) throw new Error('No route of this API is public.');
  const name = `${caller.environment} ${caller.accountId}`;
  const book = books.get(name) ?? [{ number: '1001', customer: 'Analytical Engines Ltd.', cents: 184_300 }];
  books.set(name, book);
  return book;
}

serve({ fetch: app.fetch, port: Number(PORT), hostname: 'localhost' }, ({ port }) =>
  console.log(`The invoices API listens at http://localhost:${port}`),
);
