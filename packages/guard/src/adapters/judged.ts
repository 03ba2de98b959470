/** What all adapters have in common: a question that never throws, and a refusal in the words of the contract. */
import { isPermission } from '@keyhouse/protocol';
import type { Decision, Demand, Guard, RequestHead } from '../index.ts';
import { faultsOfPatience } from '../options.ts';

export type Refusal = Extract<Decision, { ok: false }>;

/** The members that each framework's own middleware gets. */
export interface Members<Required> {
  /** Protects by hand: the caller needs this permission, whatever the path. */
  require(permission: string, demand?: Demand): Required;
  /**
   * Resolves when the signing keys and the list of revocations are loaded; rejects if the first attempt fails. Requests are
   * answered before that, too.
   */
  ready(): Promise<void>;
  /** Ends the connection to Keyhouse and reports what was not reported yet. */
  close(): Promise<void>;
  readonly guard: Guard;
}

/**
 * Created at once, or when it is first needed: where modules are loaded without their settings (a build) or may not send requests
 * yet (a worker).
 */
export interface Source {
  get(): Guard;
  /** Null: not needed yet. */
  made(): Guard | null;
}

export const atOnce = (guard: Guard): Source => ({ get: () => guard, made: () => guard });

export function whenWanted(make: () => Guard): Source {
  let guard: Guard | null = null;
  return {
    get: () => {
      guard ??= make();
      return guard;
    },
    made: () => guard,
  };
}

export function membersOf<Required>(source: Source, protect: (demand: Demand) => Required): Members<Required> {
  return {
    require: (permission, demand) => protect(demandFor(permission, demand)),
    ready: async () => await source.get().ready(),
    close: async () => await source.made()?.close(),
    get guard() {
      return source.get();
    },
  };
}

/** @throws Error for what is not a permission: a typing error would be a route that nobody may use, noticed only by its users. */
export function demandFor(permission: string, demand: Demand | undefined): Demand {
  if (!isPermission(permission))
    throw new Error(`require(): needs a permission such as invoices.read, not ${JSON.stringify(permission)}.`);
  const faults = faultsOfPatience(demand ?? {});
  if (faults.length > 0) throw new Error(`require(): ${faults.join(' ')}`);
  return { ...demand, permission };
}

/** The framework's own middleware with these members; this does not create what is created at first use. */
export const withMembers = <Middleware extends object, Required>(
  middleware: Middleware,
  members: Members<Required>,
): Middleware & Members<Required> =>
  Object.defineProperties(middleware, Object.getOwnPropertyDescriptors(members)) as Middleware & Members<Required>;

/** The guard's decision. A fault of the guard itself is a refusal as well: the door stays shut, and the API continues. */
export function judge(source: Source, ask: () => RequestHead, demand: Demand | undefined): Decision | Promise<Decision> {
  try {
    const decision = source.get().judge(ask(), demand);
    return decision instanceof Promise ? decision.catch(fault) : decision;
  } catch (error) {
    return fault(error);
  }
}

function fault(error: unknown): Refusal {
  const requestId = crypto.randomUUID();
  console.error(`The guard failed on request ${requestId}.`, error);
  return {
    ok: false,
    status: 503,
    headers: { 'Retry-After': '2' },
    body: { message: 'The service is not available now.' },
    requestId,
  };
}

export const headersOf = ({ headers, requestId }: Refusal): Record<string, string> => ({
  ...headers,
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Request-Id': requestId,
});
