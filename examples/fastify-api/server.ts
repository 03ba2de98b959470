/** Invoices of each account, on Fastify. Three lines are Keyhouse's: the import, `guard` and `app.register(keyhouse)`. */
import type { Caller } from '@keyhouse/guard';
import { guard } from '@keyhouse/guard/fastify';
import fastify from 'fastify';

const { KEYHOUSE_URL = 'http://localhost:4141', KEYHOUSE_KEY = '', PORT = '4147' } = process.env;

interface Invoice {
  readonly number: string;
  readonly customer: string;
  readonly cents: number;
}

const keyhouse = guard({ issuer: KEYHOUSE_URL, key: KEYHOUSE_KEY });
const app = fastify();
await app.register(keyhouse);

// GET asks for invoices.read, POST for invoices.write: by method and path, so nothing has to be said here.
app.get('/api/invoices', async (request) => ({ invoices: bookOf(request.caller) }));

const body = {
  type: 'object',
  required: ['customer', 'cents'],
  properties: { customer: { type: 'string', minLength: 1 }, cents: { type: 'integer' } },
};
app.post<{ Body: Omit<Invoice, 'number'> }>('/api/invoices', { schema: { body } }, async (request, reply) => {
  const { customer, cents } = request.body;
  const book = bookOf(request.caller);
  const invoice = { number: `${1001 + book.length}`, customer, cents };
  book.push(invoice);
  return await reply.code(201).send(invoice);
});

app.get('/api/services', async () => ({ services: [{ name: 'Hosting', cents: 2500 }] }));

/** By account and environment: what was created with a test key is visible only to test keys. */
const books = new Map<string, Invoice[]>();

function bookOf(caller: Caller | null): Invoice[] {
  if (caller === null) throw new Error('No route of this API is public.');
  const name = `${caller.environment} ${caller.accountId}`;
  const book = books.get(name) ?? [{ number: '1001', customer: 'Analytical Engines Ltd.', cents: 184_300 }];
  books.set(name, book);
  return book;
}

const { port } = new URL(await app.listen({ port: Number(PORT), host: 'localhost' }));
console.log(`The invoices API listens at http://localhost:${port}`);
