/**
 * What is to be reached, and what must not get worse, in one table.
 *
 * `goal`: what the project wants of a row. `limit`: what holds today, with room for the drift of a machine; `--gate` fails a run
 * whose row is worse. Who makes a row faster tightens its limit. A row without a limit depends on the clock, which a busy
 * machine changes, or on a peer.
 *
 * `÷ skeleton` and `× peer` compare processor time a request, all threads counted, round by round in one run.
 */
export type Bound = { readonly least: number } | { readonly most: number } | { readonly below: number };

export interface Limits {
  readonly goal: Bound;
  readonly limit?: Bound;
}

export const LIMITS = {
  'key, cached ÷ skeleton': { goal: { most: 1.3 }, limit: { most: 1.9 } },
  'token, cached ÷ skeleton': { goal: { most: 1.3 }, limit: { most: 1.9 } },
  'key, cached × better-auth': { goal: { least: 30 } },
  'row read, sustained ÷ skeleton in a snapshot': { goal: { most: 1.35 }, limit: { most: 3.4 } },
  'row read, sustained × better-auth': { goal: { least: 20 } },
  'resident memory after row reads (MB)': { goal: { below: 200 }, limit: { below: 600 } },
  'read of the largest table ÷ the smallest': { goal: { most: 1.25 }, limit: { most: 1.5 } },
  'POST /auth ÷ skeleton': { goal: { most: 1.4 }, limit: { most: 3.2 } },
  'session refreshed ÷ skeleton': { goal: { most: 1.25 }, limit: { most: 2.6 } },
  'session refreshed × oidc-provider in memory': { goal: { least: 2.8 } },
  'session refreshed × better-auth': { goal: { least: 25 } },
  'client credentials ÷ skeleton': { goal: { most: 1.25 }, limit: { most: 1.9 } },
  'client credentials × oidc-provider': { goal: { least: 2.6 } },
  'introspection ÷ skeleton': { goal: { most: 1.3 }, limit: { most: 2.1 } },
  'guard in Fastify × bare Fastify': { goal: { least: 0.92 }, limit: { least: 0.85 } },
  'guard × @fastify/jwt with cache': { goal: { least: 1.3 } },
  'guard, JWT seen before (µs)': { goal: { most: 3 } },
  'guard, JWT never seen ÷ raw node:crypto': { goal: { most: 1.15 }, limit: { most: 1.3 } },
  'beside a login storm, p99 ÷ quiet': { goal: { most: 1.5 } },
  'start, empty ÷ node -e 0': { goal: { most: 5 } },
  'start, empty (ms)': { goal: { below: 400 } },
  'start, many tokens (ms)': { goal: { below: 500 } },
  'start, many revoked JWTs (ms)': { goal: { below: 1000 } },
  'keyhouse key list ÷ node -e 0': { goal: { most: 4 } },
  'resident memory, idle (MB)': { goal: { below: 100 }, limit: { below: 230 } },
  'resident memory after sessions (MB)': { goal: { below: 150 }, limit: { below: 400 } },
} as const satisfies Record<string, Limits>;

export type RowName = keyof typeof LIMITS;

/** False for a figure that is not a number: what could not be measured is not within anything. */
export function isWithin(value: number, bound: Bound): boolean {
  if ('least' in bound) return value >= bound.least;
  return 'most' in bound ? value <= bound.most : value < bound.below;
}

export function describeBound(bound: Bound): string {
  if ('least' in bound) return `≥ ${bound.least}`;
  return 'most' in bound ? `≤ ${bound.most}` : `< ${bound.below}`;
}
