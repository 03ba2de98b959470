/** The invoices of each account. By environment too: what was created with a test key is visible only to test keys. */
import type { Caller } from '@keyhouse/guard';

export interface Invoice {
  readonly number: string;
  readonly customer: string;
  readonly cents: number;
}

const books = new Map<string, Invoice[]>();

export function bookOf(caller: Caller): Invoice[] {
  const name = `${caller.environment} ${caller.accountId}`;
  const book = books.get(name) ?? [{ number: '1001', customer: 'Analytical Engines Ltd.', cents: 184_300 }];
  books.set(name, book);
  return book;
}
