/**
 * The API that an operator sells: invoices and services of each account. It knows nothing of users, passwords or sessions. For
 * each request it asks Keyhouse what its credential is valid for, and does what that allows.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';

const { ISSUER = 'http://localhost:4141', API_KEY = '', PORT = '4142' } = process.env;

interface Invoice {
  readonly number: string;
  readonly customer: string;
  readonly cents: number;
}

/** What Keyhouse reports about a credential (RFC 7662 §2.2), as far as it is needed here. */
interface Credential {
  readonly account: number;
  readonly environment: 'live' | 'test';
  /** Null: everything of the account. */
  readonly permissions: readonly string[] | null;
  /** Where it may be used from; null: anywhere. */
  readonly addresses: readonly string[] | null;
}

/** Ends a request with this status and body. */
class Refusal extends Error {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, body: object, headers: Readonly<Record<string, string>> = {}) {
    super(`${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

const SERVICES = [
  { name: 'Hosting', cents: 2500 },
  { name: 'Support', cents: 9000 },
];

/** By account and environment: what was created with a test key is visible only to test keys. */
const books = new Map<string, Invoice[]>();

const server = createServer(async (request, response) => {
  // No cookie is ever read here, so any page may ask: the credential says what it may do.
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', 'WWW-Authenticate, Retry-After');
  try {
    const { status, body } = await answer(request);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body === undefined ? undefined : JSON.stringify(body));
  } catch (error) {
    const { status, body, headers } = error instanceof Refusal ? error : new Refusal(500, { message: 'Something went wrong.' });
    if (status >= 500) console.error(error);
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
  }
});

async function answer(request: IncomingMessage): Promise<{ status: number; body?: object }> {
  const { method = 'GET' } = request;
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (method === 'OPTIONS')
    throw new Refusal(
      204,
      {},
      { 'Access-Control-Allow-Headers': 'Authorization, Content-Type', 'Access-Control-Allow-Methods': 'GET, POST' },
    );

  switch (`${method} ${pathname}`) {
    case 'GET /api/invoices':
      return { status: 200, body: { invoices: bookOf(await need(request, 'invoices.read')) } };
    case 'POST /api/invoices': {
      const book = bookOf(await need(request, 'invoices.write'));
      const invoice = { number: `${1001 + book.length}`, ...(await readInvoice(request)) };
      book.push(invoice);
      return { status: 201, body: invoice };
    }
    case 'GET /api/services':
      await need(request, 'services.read');
      return { status: 200, body: { services: SERVICES } };
    default:
      throw new Refusal(404, { message: 'Not found.' });
  }
}

/** The credential of the request, if it allows this. */
async function need(request: IncomingMessage, permission: string): Promise<Credential> {
  const [, presented] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const credential = presented === undefined ? null : await introspect(presented);
  if (credential === null || !isAllowedFrom(credential.addresses, request.socket.remoteAddress ?? '')) {
    const why = presented === undefined ? '' : ' error="invalid_token"';
    throw new Refusal(401, { message: 'Unauthenticated.' }, { 'WWW-Authenticate': `Bearer${why}` });
  }
  if (permits(credential.permissions, permission)) return credential;
  const why = `Bearer error="insufficient_scope", scope="${permission}"`;
  throw new Refusal(403, { message: 'This action is unauthorized.' }, { 'WWW-Authenticate': why });
}

/** Null if it is not valid, whatever the reason. If Keyhouse does not answer the door stays shut. */
async function introspect(token: string): Promise<Credential | null> {
  const asked = fetch(`${ISSUER}/auth/introspect`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${API_KEY}` },
    body: new URLSearchParams({ token }),
    signal: AbortSignal.timeout(5000),
  });
  const response = await asked.catch(() => null);
  if (response?.status !== 200) {
    console.error(response === null ? 'Keyhouse cannot be reached.' : `Keyhouse answers ${response.status}: is API_KEY right?`);
    throw new Refusal(503, { message: 'The service is not available now.' }, { 'Retry-After': '2' });
  }
  const credential = await response.json();
  return credential.active ? credential : null;
}

function permits(held: readonly string[] | null, permission: string): boolean {
  const action = permission.slice(permission.lastIndexOf('.'));
  return held === null || [permission, '*', `*${action}`].some((name) => held.includes(name));
}

function isAllowedFrom(blocks: readonly string[] | null, address: string): boolean {
  if (blocks === null) return true;
  const familyOf = (text: string): 'ipv4' | 'ipv6' => (isIPv6(text) ? 'ipv6' : 'ipv4');
  const allowed = new BlockList();
  for (const block of blocks) {
    const [network = '', bits = ''] = block.split('/');
    allowed.addSubnet(network, Number(bits), familyOf(network));
  }
  return allowed.check(address, familyOf(address));
}

/** Each begins with two invoices, so that there is something to see. */
function bookOf({ account, environment }: Credential): Invoice[] {
  const name = `${environment} ${account}`;
  const book = books.get(name) ?? [
    { number: '1001', customer: 'Analytical Engines Ltd.', cents: 184_300 },
    { number: '1002', customer: 'Difference & Sons', cents: 2500 },
  ];
  books.set(name, book);
  return book;
}

async function readInvoice(request: IncomingMessage): Promise<Omit<Invoice, 'number'>> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 10_000) throw new Refusal(413, { message: 'The body is too large.' }, { Connection: 'close' });
  }
  const { customer, cents } = parse(text);
  const errors = {
    ...(typeof customer === 'string' && customer.trim() !== '' ? {} : { customer: ['The customer field is required.'] }),
    ...(Number.isSafeInteger(cents) && Number(cents) > 0 ? {} : { cents: ['The cents field must be a whole number above 0.'] }),
  };
  if (Object.keys(errors).length > 0) throw new Refusal(422, { status: 'error', message: 'The given data was invalid.', errors });
  return { customer: String(customer).trim(), cents: Number(cents) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return { ...body };
  } catch {
    // Not JSON: the same as anything else that is not an object.
  }
  throw new Refusal(400, { message: 'The body is not valid JSON.' });
}

if (API_KEY === '') {
  console.error('API_KEY is missing: a key of the operator account with keyhouse.verify. The README tells how to make one.');
  process.exit(1);
}
server.listen(Number(PORT), 'localhost', () => {
  const address = server.address();
  console.log(`The invoices API listens at http://localhost:${typeof address === 'object' ? address?.port : PORT}`);
});
