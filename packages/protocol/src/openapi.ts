/**
 * Reads an OpenAPI document (3.0 and 3.1) into routes by method and the permissions that they ask for. It guesses at nothing: what
 * cannot be said for certain is a fault with its place in the document, and with one fault nothing should be taken.
 */
import { isObject } from './json.ts';
import { type OperationAsks, own, readAsks } from './openapi-asks.ts';
import { compareShapes, pathTree } from './openapi-overlaps.ts';
import { type Piece, patternOf, readBase, readTemplate } from './openapi-paths.ts';
import { readTags, sentenceFor, type Told, toldOf } from './openapi-sentences.ts';
import { MAX_PATH_LENGTH } from './path.ts';
import { compileRoute, ROUTE_METHODS, type RouteRule } from './route.ts';

export interface DerivedRoutes {
  /** By method, in an order in which the first that matches is the right one. */
  readonly routes: readonly RouteRule[];
  /** What the routes ask for, each once, by name. */
  readonly permissions: readonly { readonly name: string; readonly sentence: string }[];
  /** Sentences with their place, such as `paths["/pets/{id}"].get: …`; at most a hundred. */
  readonly faults: readonly string[];
  /** The same of what works, but was perhaps not meant; not more of them than operations. */
  readonly warnings: readonly string[];
}

/** `base` is where the paths begin, such as `/api/v1`; without it the servers of the document tell. */
export interface DeriveOptions {
  readonly base?: string;
}

type Members = Readonly<Record<string, unknown>>;

const MAX_FAULTS = 100;
const MAX_REFERENCES = 20;
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

interface ReadOperation {
  readonly method: string;
  readonly asks: OperationAsks;
}

interface ReadItem {
  readonly path: string;
  readonly pieces: readonly Piece[];
  readonly operations: readonly ReadOperation[];
}

/** The routes of a parsed document. Any value may be handed over; `document` is not changed, and nothing is fetched. */
export function deriveRoutes(document: unknown, { base: chosen }: DeriveOptions = {}): DerivedRoutes {
  const notes = takeNotes();
  const fault = faultOfDocument(document);
  if (fault !== null || !isObject(document)) return { ...notes.end(fault ?? ''), routes: [], permissions: [] };
  const base = readBase(own(document, 'servers'), chosen);
  if ('fault' in base)
    return { ...notes.end(`${chosen === undefined ? 'servers' : 'base'}: ${base.fault}`), routes: [], permissions: [] };

  const told = new Map<string, Told[]>();
  const items: ReadItem[] = [];
  const paths = own(document, 'paths');
  for (const [path, value] of Object.entries(isObject(paths) ? paths : {})) {
    if (path.startsWith('x-')) continue;
    const item = readItem({ document, base: base.pieces, chosen, path, value, notes, told });
    if (item !== null) items.push(item);
  }
  refuseUnclear(items, notes);
  const routes = items.toSorted((one, other) => compareShapes(one.pieces, other.pieces)).flatMap((item) => rulesOf(item, notes));
  const tags = readTags(own(document, 'tags'));
  const permissions = [...told]
    .map(([name, operations]) => ({ name, sentence: sentenceFor(name, operations, tags) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const { faults, warnings } = notes.end();
  // With a fault there is nothing to take, and nobody takes half of it by mistake.
  return faults.length > 0 ? { routes: [], permissions: [], faults, warnings } : { routes, permissions, faults, warnings };
}

function faultOfDocument(document: unknown): string | null {
  if (!isObject(document)) return 'The document is no OpenAPI document: an object was wanted.';
  if (own(document, 'swagger') !== undefined)
    return 'swagger: This is Swagger 2.0. OpenAPI 3.0 and 3.1 are read: convert the file first, with its basePath as the path of a server.';
  const version = own(document, 'openapi');
  if (typeof version !== 'string' || !/^3\.[01]\.\d+$/.test(version))
    return 'openapi: OpenAPI 3.0 and 3.1 are read, and a document says so: "openapi": "3.1.0" (in quotes).';
  const paths = own(document, 'paths');
  if (!isObject(paths) || Object.keys(paths).length === 0) return 'paths: The document has no paths.';
  return null;
}

interface Notes {
  fault(place: string, sentence: string): void;
  warn(place: string, sentence: string): void;
  end(fault?: string): Pick<DerivedRoutes, 'faults' | 'warnings'>;
}

function takeNotes(): Notes {
  const faults: string[] = [];
  const warnings: string[] = [];
  return {
    fault: (place, sentence) => {
      if (faults.length < MAX_FAULTS) faults.push(`${place}: ${sentence}`);
    },
    warn: (place, sentence) => warnings.push(`${place}: ${sentence}`),
    end: (fault) => ({ faults: fault === undefined ? faults : [...faults, fault], warnings }),
  };
}

interface ItemInput {
  readonly document: Members;
  readonly base: readonly Piece[];
  readonly chosen: string | undefined;
  readonly path: string;
  readonly value: unknown;
  readonly notes: Notes;
  readonly told: Map<string, Told[]>;
}

/** Null when it has a fault, which is then among the notes. */
function readItem({ document, base, chosen, path, value, notes, told }: ItemInput): ReadItem | null {
  const place = placeOf(path);
  const template = readTemplate(path);
  if ('fault' in template) return refuse(notes, place, template.fault);
  if (patternOf([...base, ...template.pieces]).length > MAX_PATH_LENGTH) return refuse(notes, place, 'The path is too long.');
  const item = resolve(document, value);
  if ('fault' in item) return refuse(notes, place, item.fault);
  const serversFault = faultOfServers(item.members, base, chosen);
  if (serversFault !== null) return refuse(notes, `${place}.servers`, serversFault);

  const operations: ReadOperation[] = [];
  for (const name of METHODS) {
    const operation = own(item.members, name);
    if (operation === undefined) continue;
    const read = readOperation({ document, base, chosen, item: item.members, pieces: template.pieces, name, operation });
    if ('fault' in read) {
      notes.fault(`${place}.${name}`, read.fault);
      continue;
    }
    if (read.warning !== undefined) notes.warn(`${place}.${name}`, read.warning);
    if (read.asks === null) continue;
    operations.push({ method: name.toUpperCase(), asks: read.asks });
    if (read.asks.kind === 'permission' && isObject(operation)) tell(told, read.asks.permission, toldOf(operation));
  }
  const merged = mergeHead(operations);
  return 'fault' in merged
    ? refuse(notes, `${place}.head`, merged.fault)
    : { path, pieces: [...base, ...template.pieces], operations: merged.operations };
}

function tell(told: Map<string, Told[]>, permission: string, operation: Told): void {
  const others = told.get(permission);
  if (others === undefined) told.set(permission, [operation]);
  else others.push(operation);
}

function refuse(notes: Notes, place: string, sentence: string): null {
  notes.fault(place, sentence);
  return null;
}

interface OperationInput {
  readonly document: Members;
  readonly base: readonly Piece[];
  readonly chosen: string | undefined;
  readonly item: Members;
  readonly pieces: readonly Piece[];
  readonly name: (typeof METHODS)[number];
  readonly operation: unknown;
}

type ReadOne = { readonly asks: OperationAsks | null; readonly warning?: string } | { readonly fault: string };

function readOperation({ document, base, chosen, item, pieces, name, operation }: OperationInput): ReadOne {
  if (!isObject(operation)) return { fault: 'An operation is an object.' };
  if (name === 'options' || name === 'trace')
    return {
      asks: null,
      warning: `${name.toUpperCase()} is always refused${name === 'options' ? ', but for the preflights of browsers' : ''}.`,
    };
  const fault = faultOfServers(operation, base, chosen);
  if (fault !== null) return { fault };
  return readAsks(name.toUpperCase(), base, pieces, { root: document, item, operation });
}

/** A path or an operation may have servers of its own; they have to lead where all the others are. */
function faultOfServers(members: Members, base: readonly Piece[], chosen: string | undefined): string | null {
  const servers = own(members, 'servers');
  if (servers === undefined || chosen !== undefined) return null;
  const read = readBase(servers, undefined);
  if ('fault' in read) return read.fault;
  return compareShapes(read.pieces, base) === 0
    ? null
    : 'Its servers have another path than those of the document. Choose the base path yourself.';
}

/** HEAD goes wherever GET goes, so that both have to ask for the same. */
function mergeHead(operations: readonly ReadOperation[]): { operations: readonly ReadOperation[] } | { fault: string } {
  const head = operations.find(({ method }) => method === 'HEAD');
  if (head === undefined) return { operations };
  const get = operations.find(({ method }) => method === 'GET');
  const others = operations.filter((operation) => operation !== head);
  if (get !== undefined)
    return isSame(get.asks, head.asks)
      ? { operations: others }
      : { fault: 'HEAD goes wherever GET goes, and they ask for different things.' };
  if (head.asks.kind === 'public') return { fault: 'HEAD goes wherever GET goes: it is public only where a GET is.' };
  return { operations: [...others, { method: 'GET', asks: head.asks }] };
}

const isSame = (one: OperationAsks, other: OperationAsks): boolean =>
  one.kind === 'permission' ? other.kind === 'permission' && one.permission === other.permission : other.kind === 'public';

/** Follows `$ref` of a path item within the document. Nothing is fetched, and no circle is run. */
function resolve(document: Members, value: unknown): { members: Members } | { fault: string } {
  let found = value;
  for (let count = 0; count < MAX_REFERENCES; count++) {
    if (!isObject(found)) return { fault: 'A path holds an object with its operations.' };
    const reference = own(found, '$ref');
    if (reference === undefined) return { members: found };
    if (METHODS.some((name) => own(found as Members, name) !== undefined))
      return { fault: 'There are operations beside its $ref: which of them hold, nobody can say.' };
    if (typeof reference !== 'string' || !reference.startsWith('#/'))
      return { fault: 'Its $ref leads out of the document. Bundle the files into one first.' };
    found = at(document, reference);
    if (found === undefined) return { fault: `Its $ref ${JSON.stringify(reference.slice(0, 200))} leads nowhere.` };
  }
  return { fault: 'Its $ref leads in a circle.' };
}

/** RFC 6901, in a URI fragment (§6). */
function at(document: Members, reference: string): unknown {
  let found: unknown = document;
  for (const token of reference.slice(2).split('/')) {
    if (!isObject(found)) return undefined;
    found = own(found, decodeToken(token));
  }
  return found;
}

function decodeToken(token: string): string {
  try {
    return decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return token;
  }
}

/** Two paths of one shape, and two that might mean the same request without it being clear which. */
function refuseUnclear(items: readonly ReadItem[], notes: Notes): void {
  const tree = pathTree<ReadItem>();
  for (const item of items) {
    const twin = tree.add(item.pieces, item);
    if (twin !== null) notes.fault(placeOf(item.path), `It is the same path as ${JSON.stringify(twin.path)}.`);
    for (const other of tree.unclear(item.pieces, MAX_FAULTS))
      if (contradict(item, other))
        notes.fault(
          placeOf(item.path),
          `A request may mean this path or ${JSON.stringify(other.path)}, and they ask for different things.`,
        );
  }
}

function contradict(one: ReadItem, other: ReadItem): boolean {
  return one.operations.some(({ method, asks }) =>
    other.operations.some((against) => against.method === method && !isSame(asks, against.asks)),
  );
}

/** One rule for each thing that is asked for, with all the methods that ask for it. */
function rulesOf({ path, pieces, operations }: ReadItem, notes: Notes): readonly RouteRule[] {
  const pattern = patternOf(pieces);
  const methodsOf = new Map<string | null, string[]>();
  for (const method of ROUTE_METHODS) {
    const operation = operations.find((one) => one.method === method);
    if (operation === undefined) continue;
    const asked = operation.asks.kind === 'public' ? null : operation.asks.permission;
    methodsOf.set(asked, [...(methodsOf.get(asked) ?? []), method]);
  }
  const rules = [...methodsOf].map(
    ([permission, methods]): RouteRule =>
      permission === null ? { methods, pattern, public: true } : { methods, pattern, permission },
  );
  for (const rule of rules) {
    const compiled = compileRoute(rule);
    if (!compiled.ok) notes.fault(placeOf(path), compiled.reason);
  }
  return rules;
}

/** Quoted, so that a path of control characters harms no terminal. */
const placeOf = (path: string): string => `paths[${JSON.stringify(path.slice(0, 200))}]`;
