/**
 * The options of a guard, checked once and as a whole: an API that starts with a guard half configured is an open door sooner or
 * later.
 */
import { deriveRoutes } from '@keyhouse/openapi';
import {
  type AddressBlock,
  compileRoute,
  parseBlock,
  parseCredential,
  type Route,
  type RouteRule as Rule,
} from '@keyhouse/protocol';

/** For when Keyhouse has been silent, or cannot be reached. On the whole guard, on a route, or by hand. */
export interface Patience {
  /**
   * The feed has been silent for longer than `staleAfterMs`. `ask`: about this credential (the default); `refuse`: 503; `allow`:
   * let it pass.
   */
  readonly whenStale?: 'ask' | 'refuse' | 'allow';
  readonly staleAfterMs?: number;
  /**
   * Keyhouse would have to be asked and does not answer. `refuse`: 503 (the default); or honour what was verified less than this
   * many seconds ago.
   */
  readonly whenAway?: 'refuse' | { readonly honourSeconds: number };
}

export interface Demand extends Patience {
  /** By hand; without it the route decides. */
  readonly permission?: string;
}

export type RouteRule = Rule & Patience;

export interface GuardOptions extends Patience {
  /** The origin of Keyhouse: `https://keys.example.com`. Plain HTTP on this machine only. */
  readonly issuer: string;
  /** An API key of the operator account with `keyhouse.verify`. */
  readonly key: string;
  /** Of this API, as JWTs name it. Default: the issuer. */
  readonly audience?: string;
  /** Accepts credentials of one environment only. Default: both; `caller.environment` says which. */
  readonly environment?: 'live' | 'test';
  /** As in the operator's file. Default: the built-in patterns, `/api/v1/invoices/…` and `/v1/invoices/…` → `invoices`. */
  readonly routes?: readonly RouteRule[];
  /** A parsed OpenAPI document instead of `routes`; the guard refuses to start if an operation in it has no permission. */
  readonly openapi?: object;
  /** CIDR blocks of proxies in front whose `X-Forwarded-For` is trusted, and behind which plain HTTP is accepted. */
  readonly trustedProxies?: readonly string[];
  /** How long the answer about a token or key is remembered, at most. Default 5. */
  readonly rememberSeconds?: number;
  /** `stream` (the default), or `poll` where nothing runs between two requests, as in workers. */
  readonly feed?: 'stream' | 'poll';
  /** Called each second with how far behind the feed is. */
  readonly onLag?: (lagMs: number) => void;
  /** Where the guard's own messages go. Default: `console.warn`. They contain no credential. */
  readonly log?: (sentence: string) => void;
  /** Another way to reach Keyhouse, such as a proxy. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface Settings {
  readonly issuer: string;
  readonly key: string;
  readonly audience: string;
  readonly environment: 'live' | 'test' | null;
  readonly routes: readonly Route[];
  /** The settings of single routes, by their compiled form. */
  readonly patienceOf: ReadonlyMap<Route, Patience>;
  readonly patience: Required<Patience>;
  readonly trustedProxies: readonly AddressBlock[];
  readonly rememberMs: number;
  readonly feed: 'stream' | 'poll';
  readonly onLag: ((lagMs: number) => void) | null;
  readonly log: (sentence: string) => void;
  readonly fetch: typeof globalThis.fetch;
}

const KNOWN = [
  ...['issuer', 'key', 'audience', 'environment', 'routes', 'openapi', 'trustedProxies', 'rememberSeconds', 'feed'],
  ...['onLag', 'log', 'fetch', 'whenStale', 'staleAfterMs', 'whenAway'],
];
const PATIENCE = ['whenStale', 'staleAfterMs', 'whenAway'];
const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/;
const MAX_REMEMBERED_SECONDS = 60;
/** Enough to be noticed at start. */
const MAX_NOTES = 10;

/** @throws Error that names every fault, one per line. */
export function readOptions(options: GuardOptions): Settings {
  const faults: string[] = [];
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) faults.push(`${name}: this option does not exist.`);
  const issuer = readIssuer(options.issuer, faults);
  const { kind } = parseCredential(typeof options.key === 'string' ? options.key : '');
  if (kind !== 'key') faults.push('key: must be an API key of the operator account, kh_live_… or kh_test_….');
  const { environment = null, rememberSeconds = 5, feed = 'stream' } = options;
  if (!(environment === null || environment === 'live' || environment === 'test'))
    faults.push('environment: must be live or test.');
  if (feed !== 'stream' && feed !== 'poll') faults.push('feed: must be stream or poll.');
  if (!(rememberSeconds >= 0 && rememberSeconds <= MAX_REMEMBERED_SECONDS))
    faults.push(`rememberSeconds: must be 0 to ${MAX_REMEMBERED_SECONDS}.`);
  faults.push(...faultsOfPatience(options));
  const patienceOf = new Map<Route, Patience>();
  const notes: string[] = [];
  const routes = readRoutes(options, patienceOf, faults, notes);
  const trustedProxies = readProxies(options.trustedProxies ?? [], faults);
  if (faults.length > 0) throw new Error(`The guard cannot start:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  const log = options.log ?? ((sentence: string) => console.warn(`keyhouse guard: ${sentence}`));
  logNotes(notes, log);
  return {
    ...{ issuer, key: options.key, audience: options.audience ?? issuer, environment, routes, patienceOf, trustedProxies, feed },
    patience: {
      whenStale: options.whenStale ?? 'ask',
      staleAfterMs: options.staleAfterMs ?? 2000,
      whenAway: options.whenAway ?? 'refuse',
    },
    rememberMs: rememberSeconds * 1000,
    onLag: options.onLag ?? null,
    log,
    // Read at each call: so a replacement of the global one, for example for tracing, takes effect.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  };
}

function readIssuer(text: unknown, faults: string[]): string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : null;
  const origin = url === null ? '' : url.origin;
  if (url === null || (text !== origin && text !== `${origin}/`))
    faults.push('issuer: must be an origin such as https://keys.example.com.');
  else if (url.protocol !== 'https:' && !LOOPBACK.test(origin))
    faults.push('issuer: must use HTTPS. HTTP is allowed only on localhost.');
  return origin;
}

/** Parts of a document that work, but were perhaps not intended. */
function logNotes(notes: readonly string[], log: (sentence: string) => void): void {
  for (const note of notes.slice(0, MAX_NOTES)) log(`openapi: ${note}`);
  const more = notes.length - MAX_NOTES;
  if (more > 0) log(`openapi: … and ${more} more; "keyhouse permission import FILE --dry-run --json" has all of them.`);
}

function readRoutes(
  { routes, openapi }: GuardOptions,
  patienceOf: Map<Route, Patience>,
  faults: string[],
  notes: string[],
): readonly Route[] {
  if (routes !== undefined && openapi !== undefined) faults.push('openapi: set either openapi or routes, not both.');
  const derived = openapi === undefined ? null : deriveRoutes(openapi);
  faults.push(...(derived?.faults ?? []).map((fault) => `openapi: ${fault}`));
  for (const warning of derived?.warnings ?? []) notes.push(warning);
  const rules: readonly RouteRule[] = derived?.routes ?? routes ?? [];
  if (!Array.isArray(rules)) {
    faults.push('routes: must be a list.');
    return [];
  }
  return rules.flatMap((rule, index) => {
    const compiled = compileRoute(rule);
    if (!compiled.ok) {
      faults.push(`routes[${index}]: ${compiled.reason}`);
      return [];
    }
    const known = ['pattern', 'resource', 'public', 'refused', 'methods', 'permission', ...PATIENCE];
    for (const name of Object.keys(rule)) if (!known.includes(name)) faults.push(`routes[${index}].${name}: unknown member.`);
    faults.push(...faultsOfPatience(rule).map((fault) => `routes[${index}].${fault}`));
    if (PATIENCE.some((name) => name in rule)) patienceOf.set(compiled.route, rule);
    return [compiled.route];
  });
}

/** A route's own settings have priority over the general ones; a member that is present and undefined has no effect. */
export const patienceOver = (
  { whenStale, staleAfterMs, whenAway }: Required<Patience>,
  said: { readonly [Name in keyof Patience]: Patience[Name] | undefined },
): Required<Patience> => ({
  whenStale: said.whenStale ?? whenStale,
  staleAfterMs: said.staleAfterMs ?? staleAfterMs,
  whenAway: said.whenAway ?? whenAway,
});

/** What is wrong with the settings for outages. Also for those that are given by hand. */
export function faultsOfPatience({ whenStale, staleAfterMs, whenAway }: Patience): readonly string[] {
  const faults: string[] = [];
  if (!(whenStale === undefined || whenStale === 'ask' || whenStale === 'refuse' || whenStale === 'allow'))
    faults.push('whenStale: must be ask, refuse or allow.');
  if (!(staleAfterMs === undefined || (staleAfterMs >= 1000 && staleAfterMs <= 86_400_000)))
    faults.push('staleAfterMs: must be 1000 (there is a heartbeat each second) to 86400000.');
  const isHonest = typeof whenAway === 'object' && whenAway !== null && whenAway.honourSeconds > 0;
  if (!(whenAway === undefined || whenAway === 'refuse' || isHonest))
    faults.push('whenAway: must be refuse, or { honourSeconds } above 0.');
  return faults;
}

function readProxies(texts: readonly string[], faults: string[]): readonly AddressBlock[] {
  return texts.flatMap((text) => {
    const block = parseBlock(text);
    if (block.ok) return [block.value];
    faults.push('trustedProxies: must be IP addresses or CIDR blocks such as 10.0.0.0/8, without host bits.');
    return [];
  });
}
