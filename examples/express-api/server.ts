/** Invoices of each account, on Express. Three lines are Keyhouse's: the import, `guard` and `app.use(keyhouse)`. */
import type { Caller } from '@keyhouse/guard';
import { guard } from '@keyhouse/guard/express';
import express from 'express';

const { KEYHOUSE_URL = 'http://localhost:4141', KEYHOUSE_KEY = '', PORT = '4145' } = process.env;

interface Invoice {
  readonly number: string;
  readonly customer: string;
  readonly cents: number;
}

const keyhouse = guard({ issuer: KEYHOUSE_URL, key: KEYHOUSE_KEY });
const app = express();
app.use(keyhouse);
app.use(express.json());

// GET asks for invoices.read, POST for invoices.write: by method and path, so nothing has to be said here.
app.get('/api/invoices', (request, response) => {
  response.json({ invoices: bookOf(request.caller) });
});

app.post('/api/invoices', (request, response) => {
  const { customer, cents } = request.body ?? {};
  if (typeof customer !== 'string' || customer.trim() === '' || !Number.isSafeInteger(cents)) {
    response.status(422).json({ message: 'An invoice has a customer and cents.' });
    return;
  }
  const book = bookOf(request.caller);
  const invoice = { number: `${1001 + book.length}`, customer: customer.trim(), cents };
  book.push(invoice);
  response.status(201).json(invoice);
});

app.get('/api/services', (_request, response) => {
  response.json({ services: [{ name: 'Hosting', cents: 2500 }] });
});

/** By account and environment: what was created with a test key is visible only to test keys. */
const books = new Map<string, Invoice[]>();

function bookOf(caller: Caller | null): Invoice[] {
  if (caller === null) throw new Error('No route of this API is public.');
  const name = `${caller.environment} ${caller.accountId}`;
  const book = books.get(name) ?? [{ number: '1001', customer: 'Analytical Engines Ltd.', cents: 184_300 }];
  books.set(name, book);
  return book;
}

const server = app.listen(Number(PORT), 'localhost', () => {
  const address = server.address();
  console.log(`The invoices API listens at http://localhost:${typeof address === 'object' ? address?.port : PORT}`);
});
