/** `GET /verify/…` with a key: one hash, one row (read, or remembered), the reasons to refuse, and the use counted. */
import type { IncomingMessage } from 'node:http';
import { answerEmpty, bearerOf, type Handler } from './answers.ts';
import { cached, connect, type Row, rowFinder } from './database.ts';
import { startWriter } from './writer-thread.ts';
import type { Uses } from './writes.ts';

const DAY_MS = 86_400_000;
const FLUSH_MS = 1000;
/** As long as Keyhouse may trust what it read. */
const SNAPSHOT_MS = 50;

type Reading = 'cached' | 'read' | 'snapshot';

interface Known {
  readonly row: Row;
  readonly headers: readonly string[];
}

export async function createCheck(path: string, reading: Reading): Promise<Handler> {
  const countUse = await startCounting(path);
  const database = connect(path, { readonly: true });
  const findRow = rowFinder(database);
  const read = (text: string): Known | null => {
    const row = findRow(text);
    return row === null ? null : { row, headers: headersOf(row) };
  };
  const find = reading === 'cached' ? cached(read) : read;
  if (reading === 'snapshot') keepSnapshot((statement) => database.exec(statement));
  return (request, response) => {
    const text = bearerOf(request);
    const known = text === null ? null : find(text);
    const nowMs = Date.now();
    if (known === null || !isActive(known.row, nowMs)) return answerEmpty(response, 401);
    countUse(known.row.id, request, nowMs);
    answerEmpty(response, 200, known.headers);
  };
}

const isActive = ({ revokedAtMs, expiresAtMs }: Row, nowMs: number): boolean =>
  revokedAtMs === null && (expiresAtMs === null || expiresAtMs > nowMs);

/** All reads of a moment are one transaction, so that SQLite does not lock and unlock the file for each. */
function keepSnapshot(run: (statement: string) => void): void {
  run('BEGIN');
  setInterval(() => {
    run('COMMIT');
    run('BEGIN');
  }, SNAPSHOT_MS);
}

const headersOf = ({ id, accountId, permissions, environment }: Row): readonly string[] => [
  'X-Keyhouse-Kind',
  'key',
  'X-Keyhouse-Account',
  String(accountId),
  'X-Keyhouse-User',
  '',
  'X-Keyhouse-Subject',
  `account:${accountId}`,
  'X-Keyhouse-Credential',
  String(id),
  'X-Keyhouse-Application',
  '',
  'X-Keyhouse-Permissions',
  permissions ?? '*',
  'X-Keyhouse-Environment',
  environment,
  'Cache-Control',
  'no-store',
];

interface Use {
  count: number;
  atMs: number;
  address: string;
  userAgent: string;
}

type CountUse = (id: number, request: IncomingMessage, nowMs: number) => void;

/** In memory, and written once a second. */
async function startCounting(path: string): Promise<CountUse> {
  const write = await startWriter<Uses, void>({ path, writes: 'uses' });
  let uses = new Map<number, Use>();
  setInterval(() => {
    if (uses.size === 0) return;
    void write(columnsOf(uses));
    uses = new Map();
  }, FLUSH_MS);
  return (id, { socket, headers }, nowMs) => {
    let use = uses.get(id);
    if (use === undefined) {
      use = { count: 0, atMs: 0, address: '', userAgent: '' };
      uses.set(id, use);
    }
    use.count += 1;
    use.atMs = nowMs;
    use.address = socket.remoteAddress ?? '';
    use.userAgent = headers['user-agent'] ?? '';
  };
}

function columnsOf(uses: ReadonlyMap<number, Use>): Uses {
  const ids = Float64Array.from(uses.keys()).sort();
  const counts = new Uint32Array(ids.length);
  const timesMs = new Float64Array(ids.length);
  const addresses: string[] = [];
  const userAgents: string[] = [];
  for (const [index, id] of ids.entries()) {
    const use = uses.get(id);
    if (use === undefined) continue;
    counts[index] = use.count;
    timesMs[index] = use.atMs;
    addresses.push(use.address);
    userAgents.push(use.userAgent);
  }
  return { day: Math.floor((timesMs[0] ?? 0) / DAY_MS), ids, counts, timesMs, addresses, userAgents };
}
