import { bookOf } from '../../../book.ts';
import { keyhouse } from '../../../keyhouse.ts';

export const GET = keyhouse.require('invoices.read', (_request, caller) => Response.json({ invoices: bookOf(caller) }));

export const POST = keyhouse.require('invoices.write', async (request, caller) => {
  const { customer, cents } = await request.json().catch(() => ({}));
  if (typeof customer !== 'string' || customer.trim() === '' || !Number.isSafeInteger(cents))
    return Response.json({ message: 'An invoice has a customer and cents.' }, { status: 422 });
  const book = bookOf(caller);
  const invoice = { number: `${1001 + book.length}`, customer: customer.trim(), cents };
  book.push(invoice);
  return Response.json(invoice, { status: 201 });
});
