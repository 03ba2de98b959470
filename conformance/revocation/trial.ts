/**
 * How long a revocation takes: from the moment that it is asked for, at one server, to the first refusal at each door. Each credential was taken
 * at each door right before, so that every door remembers it; then all doors are knocked at without a pause until they refuse.
 */
import { PATIENCE_MS } from '../../test/patience.ts';
import type { Fleet } from '../fleet.ts';
import { type Door, knock } from './doors.ts';

export interface Latency {
  readonly door: string;
  readonly what: What;
  readonly ms: number;
}

/** A minted JWT by itself, an API key by itself, and a minted JWT by its key. */
const WHATS = ['jwt', 'key', 'jwt-by-key'] as const;
type What = (typeof WHATS)[number];

const KNOCK_EVERY_MS = 4;

export async function runTrial(
  fleet: Fleet,
  doors: readonly Door[],
  rounds: number,
  say = (_line: string) => {},
): Promise<readonly Latency[]> {
  const found: Latency[] = [];
  for (const [round, key] of (await fleet.newKeys(rounds)).entries()) {
    const what = WHATS[round % WHATS.length] ?? 'jwt';
    found.push(...(await revokeOne(fleet.origins[round % fleet.origins.length] ?? '', doors, { what, key })));
    if ((round + 1) % 50 === 0) say(`  ${round + 1} of ${rounds}`);
  }
  return found;
}

async function revokeOne(
  origin: string,
  doors: readonly Door[],
  { what, key }: { what: What; key: string },
): Promise<readonly Latency[]> {
  const jwt = what === 'key' ? key : await mint(origin, key);
  const [revoked, watched] = what === 'jwt' ? [jwt, jwt] : [key, jwt];
  await Promise.all(doors.map((door) => untilAnswered(door, watched, 200)));
  const startedAtMs = performance.now();
  const [, ...refused] = await Promise.all([revoke(origin, revoked), ...doors.map((door) => untilAnswered(door, watched, 401))]);
  return refused.map((atMs, index) => ({ door: doors[index]?.name ?? '', what, ms: atMs - startedAtMs }));
}

/** When the door first answered so. */
async function untilAnswered(door: Door, credential: string, status: number): Promise<number> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const answered = await knock(door, credential);
    const atMs = performance.now();
    if (answered === status) return atMs;
    if (atMs > giveUpAtMs) throw new Error(`${door.name} still answers ${answered} where ${status} was wanted.`);
    await new Promise((resolve) => setTimeout(resolve, KNOCK_EVERY_MS));
  }
}

async function mint(origin: string, key: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await askUntilServed(`${origin}/auth`, { headers, body: '{"permissions":["invoices.read"]}' });
  return ((await answer.json()) as { token: string }).token;
}

/** A server whose database answers late says 503, and that the client may try again. */
async function askUntilServed(url: string, request: RequestInit): Promise<Response> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(url, { method: 'POST', ...request });
    if (answer.status === 200) return answer;
    const text = await answer.text();
    if (answer.status !== 503 || performance.now() > giveUpAtMs) throw new Error(`${url} answered ${answer.status}: ${text}`);
  }
}

/** What *Revoke* in the dashboard and `keyhouse … revoke` come to, by possession (RFC 7009). */
async function revoke(origin: string, token: string): Promise<number> {
  await askUntilServed(`${origin}/auth/revoke`, { body: new URLSearchParams({ token }) });
  return performance.now();
}

export function percentile(latencies: readonly Latency[], share: number): number {
  const sorted = latencies.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
