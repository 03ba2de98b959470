/**
 * Reads an OpenAPI document (3.0, 3.1 and 3.2) into routes by method and the permissions that they require. It assumes nothing:
 * what is not certain is refused with a warning, or is a fault with its place in the document, and a document with a fault should
 * not be used at all.
 */
import { compileRoute, isObject, ROUTE_METHODS, type RouteRule } from '@keyhouse/protocol';
import { own } from './asks.ts';
import { type Notes, placeOf, type ReadItem, readItem } from './item.ts';
import { compareShapes } from './overlaps.ts';
import { patternOf, readBase } from './paths.ts';
import { readTags, sentenceFor, type Told } from './sentences.ts';
import { mergeTwins, refuseUnclear } from './twins.ts';

export interface DerivedRoutes {
  /** By method, in an order in which the first that matches is the right one. */
  readonly routes: readonly RouteRule[];
  /** What the routes require, each once, by name. */
  readonly permissions: readonly { readonly name: string; readonly sentence: string }[];
  /** Sentences with their place, such as `paths["/pets/{id}"].get: …`; at most a hundred. */
  readonly faults: readonly string[];
  /** The same for what works, but was perhaps not intended; at most a few for each operation and 1,000 for pairs of paths. */
  readonly warnings: readonly string[];
}

/** `base` is where the paths begin, such as `/api/v1`; without it the servers of the document decide. */
export interface DeriveOptions {
  readonly base?: string;
}

const MAX_FAULTS = 100;
/** If this many operations require only one resource, the permission distinguishes nothing. */
const MANY = 20;

/** The routes of a parsed document. Any value may be passed; `document` is not changed, and nothing is fetched. */
export function deriveRoutes(document: unknown, { base: chosen }: DeriveOptions = {}): DerivedRoutes {
  const notes = takeNotes();
  const fault = faultOfDocument(document);
  if (fault !== null || !isObject(document)) return { ...notes.end(fault ?? ''), routes: [], permissions: [] };
  const base = readBase(own(document, 'servers'), chosen);
  if ('fault' in base)
    return { ...notes.end(`${chosen === undefined ? 'servers' : 'base'}: ${base.fault}`), routes: [], permissions: [] };

  const paths = own(document, 'paths');
  const read = Object.entries(isObject(paths) ? paths : {})
    .filter(([path]) => !path.startsWith('x-'))
    .flatMap(([path, value]) => readItem({ document, base: base.pieces, chosen, path, value, notes }));
  const items = refuseUnclear(mergeTwins(read, notes), notes).toSorted((one, other) => compareShapes(one.shape, other.shape));
  const routes = items.flatMap((item) => rulesOf(item, notes));
  const permissions = permissionsOf(items, own(document, 'tags'));
  if (own(document, 'x-permission') === undefined) warnOfOneResource(items, notes);
  const { faults, warnings } = notes.end();
  // With a fault nothing is returned, so that nobody uses half of it by mistake.
  return faults.length > 0 ? { routes: [], permissions: [], faults, warnings } : { routes, permissions, faults, warnings };
}

function faultOfDocument(document: unknown): string | null {
  if (!isObject(document)) return 'This is not an OpenAPI document: it must be an object.';
  if (own(document, 'swagger') !== undefined)
    return 'swagger: Swagger 2.0 is not supported. Convert the file to OpenAPI 3.0, 3.1 or 3.2 first, with its basePath as the path of a server.';
  const version = own(document, 'openapi');
  if (typeof version !== 'string' || !/^3\.[012]\.\d+$/.test(version))
    return 'openapi: The version must be 3.0, 3.1 or 3.2, as text in quotation marks: "openapi": "3.1.0".';
  const paths = own(document, 'paths');
  if (!isObject(paths) || Object.keys(paths).length === 0) return 'paths: The document has no paths.';
  return own(document, 'x-refused') === undefined
    ? null
    : 'x-refused: Write it in a path or an operation, not at the top of the document.';
}

function takeNotes(): Notes & { end(fault?: string): Pick<DerivedRoutes, 'faults' | 'warnings'> } {
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

/** One rule for each requirement, with all the methods that have it. */
function rulesOf({ path, shape, operations }: ReadItem, notes: Notes): readonly RouteRule[] {
  const pattern = patternOf(shape.pieces, shape.open);
  const methodsOf = new Map<string, { methods: string[]; rule: (methods: readonly string[]) => RouteRule }>();
  for (const method of ROUTE_METHODS) {
    const asks = operations.find((one) => one.method === method)?.asks;
    if (asks === undefined) continue;
    const key = asks.kind === 'permission' ? asks.permission : asks.kind;
    const known = methodsOf.get(key);
    if (known !== undefined) known.methods.push(method);
    else
      methodsOf.set(key, {
        methods: [method],
        rule: (methods) => {
          if (asks.kind === 'permission') return { methods, pattern, permission: asks.permission };
          if (asks.kind === 'public') return { methods, pattern, public: true };
          return methods.length < ROUTE_METHODS.length ? { methods, pattern, refused: true } : { pattern, refused: true };
        },
      });
  }
  const rules = [...methodsOf.values()].map(({ methods, rule }) => rule(methods));
  for (const rule of rules) {
    const compiled = compileRoute(rule);
    if (!compiled.ok) notes.fault(placeOf(path), compiled.reason);
  }
  return rules;
}

function permissionsOf(items: readonly ReadItem[], tags: unknown): DerivedRoutes['permissions'] {
  const described = readTags(tags);
  const told = new Map<string, Told[]>();
  for (const { asks, told: words } of items.flatMap(({ operations }) => operations))
    if (asks.kind === 'permission') {
      const known = told.get(asks.permission);
      if (known === undefined) told.set(asks.permission, [...words]);
      else known.push(...words);
    }
  return [...told]
    .map(([name, operations]) => ({ name, sentence: sentenceFor(name, operations, described) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function warnOfOneResource(items: readonly ReadItem[], notes: Notes): void {
  const asked = items.flatMap(({ operations }) =>
    operations.flatMap(({ asks }) => (asks.kind === 'permission' ? asks.permission : [])),
  );
  const resources = new Set(asked.map((permission) => permission.slice(0, permission.lastIndexOf('.'))));
  const [resource] = resources;
  if (asked.length >= MANY && resources.size === 1)
    notes.warn(
      'paths',
      `All ${asked.length} operations require permissions of one resource, ${resource}. Write "x-permission" where this is not what you want.`,
    );
}
