/** The pages, as text. Everything that comes from outside goes through `html`, which escapes it. */
export interface Invoice {
  readonly number: string;
  readonly customer: string;
  readonly cents: number;
}

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
const render = (value: string | Html | readonly Html[]): string => {
  if (typeof value === 'string') return escapeHtml(value);
  return value instanceof Html ? value.text : value.map(render).join('');
};
const html = (parts: TemplateStringsArray, ...values: (string | Html | readonly Html[])[]): Html =>
  new Html(String.raw({ raw: parts }, ...values.map(render)));

const amount = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });

export const welcomePage = (notice: string): Html =>
  page(
    null,
    notice,
    html`<p>See what your customers owe, and write the next bill.</p>
      <p><a class="button" href="/login">Sign in</a></p>`,
  );

export const invoicesPage = (who: string, notice: string, invoices: readonly Invoice[]): Html =>
  page(
    who,
    notice,
    html`<table>
        <thead><tr><th scope="col">Number</th><th scope="col">Customer</th><th scope="col" class="amount">Amount</th></tr></thead>
        <tbody>${invoices.map(
          ({ number, customer, cents }) =>
            html`<tr><td>${number}</td><td>${customer}</td><td class="amount">${amount.format(cents / 100)}</td></tr>`,
        )}</tbody>
      </table>
      <form method="post" action="/invoices">
        <label>Customer <input name="customer" required autocomplete="off"></label>
        <label>Amount <input name="amount" required type="number" min="0.01" step="0.01" inputmode="decimal"></label>
        <button>Create</button>
      </form>`,
  );

const page = (who: string | null, notice: string, content: Html): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Invoices on the server</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <header>
      <h1>Invoices on the server</h1>
      ${who === null ? '' : html`<p>${who}</p><form method="post" action="/logout"><button class="plain">Sign out</button></form>`}
    </header>
    <main>
      <p role="status">${notice}</p>
      ${content}
    </main>
  </body>
</html>
`;
