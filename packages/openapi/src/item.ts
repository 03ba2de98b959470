/** One path of an OpenAPI document: its patterns, and what each of its operations requires. */
import { isObject, MAX_PATH_LENGTH, ROUTE_METHODS } from '@keyhouse/protocol';
import { isSame, type OperationAsks, own, readAsks, readRefused } from './asks.ts';
import { keyOf, type Shape } from './overlaps.ts';
import { cutTail, type Piece, patternOf, readBase, readTemplate } from './paths.ts';
import { follow } from './references.ts';
import { type Told, toldOf } from './sentences.ts';

type Members = Readonly<Record<string, unknown>>;

export interface ReadOperation {
  readonly method: string;
  readonly asks: OperationAsks;
  readonly told: readonly Told[];
}

export interface ReadItem {
  /** As the document writes it. */
  readonly path: string;
  readonly shape: Shape;
  readonly operations: readonly ReadOperation[];
  /** Only if no path of the document has its shape. */
  readonly isGuard: boolean;
}

export interface Notes {
  fault(place: string, sentence: string): void;
  warn(place: string, sentence: string): void;
}

export interface ItemInput {
  readonly document: Members;
  readonly base: readonly Piece[];
  /** The base that the operator chose: then the servers of the document are ignored. */
  readonly chosen: string | undefined;
  readonly path: string;
  readonly value: unknown;
  readonly notes: Notes;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const;
type Method = (typeof METHODS)[number];
/** No permission has an action for them, so `/verify` and the guard refuse them whatever a rule says. */
const ALWAYS_REFUSED: readonly Method[] = ['options', 'trace', 'query'];

const LEAVE_OUT = 'To leave the path out, write "x-refused": true in it. Requests for it are then refused.';
const NO_ITEM = 'A path must be an object with its operations.';

/** Empty if it has a fault, which is then among the notes. */
export function readItem(input: ItemInput): readonly ReadItem[] {
  const { document, base, path, value, notes } = input;
  const place = placeOf(path);
  const refuse = (sentence: string): readonly ReadItem[] => {
    notes.fault(place, `${sentence} ${LEAVE_OUT}`);
    return [];
  };
  const isRefused = isObject(value) ? readRefused(value) : false;
  if (typeof isRefused === 'object') return refuse(isRefused.fault);
  const { path: head, tail } = cutTail(path);
  const template = readTemplate(head === '' && tail !== '' ? '/' : head);
  const pieces = 'fault' in template ? template.before : template.pieces;
  const isTooLong = patternOf([...base, ...pieces]).length > MAX_PATH_LENGTH;
  if (isRefused) {
    const isSayable = !('fault' in template) && !isTooLong;
    const shape = { pieces: isTooLong ? base : [...base, ...pieces], open: !isSayable };
    if (!isSayable)
      notes.warn(
        place,
        `No pattern can express it, so ${patternOf(shape.pieces, true)} is refused, except for the other paths of the document.`,
      );
    return [{ path, shape, operations: REFUSED, isGuard: !isSayable }];
  }
  if ('fault' in template) return refuse(template.fault);
  if (isTooLong) return refuse('The path is too long.');
  if (tail !== '')
    notes.warn(place, `Requests are matched without query and fragment, so this path is read as ${JSON.stringify(head)}.`);
  const item = follow(document, value, NO_ITEM);
  if ('fault' in item) return refuse(item.fault);
  // The value that its $ref leads to may say so too.
  if (item.members !== value && readRefused(item.members) !== false) return readItem({ ...input, value: item.members });
  const operations = readOperations(input, item.members, pieces);
  if (operations === null) return [];
  const shape = { pieces: [...base, ...pieces], open: false };
  return [{ path, shape, operations, isGuard: false }, ...guardOfColons(input, head, shape)];
}

const REFUSED: readonly ReadOperation[] = ROUTE_METHODS.map((method) => ({ method, asks: { kind: 'refused' }, told: [] }));

/** `/profiles/:id` is a literal in OpenAPI, but most authors mean a template: neither reading may open what the other guards. */
function guardOfColons({ path, notes }: ItemInput, head: string, { pieces }: Shape): readonly ReadItem[] {
  const colons = head.split('/').filter((text) => /^:[A-Za-z0-9_-]+$/.test(text));
  const [first] = colons;
  if (first === undefined) return [];
  notes.warn(
    placeOf(path),
    `In OpenAPI, ${JSON.stringify(first)} is literal text and not a template. It is read like that, and anything else at this place is refused. For a template write ${JSON.stringify(`{${first.slice(1)}}`)}; for a literal colon write %3A.`,
  );
  const loose = pieces.map(
    (piece): Piece => (colons.includes(piece.texts.join('')) ? { texts: ['', ''], names: ['any'] } : piece),
  );
  return [{ path, shape: { pieces: loose, open: false }, operations: REFUSED, isGuard: true }];
}

/** Null if one of them has a fault, which is then among the notes. */
function readOperations(input: ItemInput, item: Members, pieces: readonly Piece[]): readonly ReadOperation[] | null {
  const { path, notes } = input;
  const place = placeOf(path);
  const serversFault = faultOfServers(item, input);
  if (serversFault !== null) {
    notes.fault(`${place}.servers`, `${serversFault} ${LEAVE_OUT}`);
    return null;
  }
  const operations: ReadOperation[] = [];
  for (const name of METHODS) {
    const value = own(item, name);
    if (value === undefined) continue;
    const read = readOperation(input, item, pieces, name, value);
    if ('fault' in read) {
      notes.fault(`${place}.${name}`, read.fault);
      continue;
    }
    if (read.warning !== undefined) notes.warn(`${place}.${name}`, read.warning);
    if (read.asks !== null) operations.push({ method: name.toUpperCase(), asks: read.asks, told: read.told });
  }
  noteAdditional(item, place, notes);
  const merged = mergeHead(operations);
  if (!('fault' in merged)) return merged.operations;
  notes.fault(`${place}.head`, merged.fault);
  return null;
}

type ReadOne =
  | { readonly asks: OperationAsks | null; readonly told: readonly Told[]; readonly warning?: string }
  | { readonly fault: string };

function readOperation(input: ItemInput, item: Members, pieces: readonly Piece[], name: Method, value: unknown): ReadOne {
  if (!isObject(value)) return { fault: 'An operation must be an object.' };
  if (ALWAYS_REFUSED.includes(name)) {
    const but = name === 'options' ? ', except for CORS preflight requests' : '';
    return { asks: null, told: [], warning: `${name.toUpperCase()} is always refused${but}.` };
  }
  const refusedHere = readRefused(value);
  const followed = refusedHere === true ? { members: value } : follow(input.document, value, 'An operation must be an object.');
  if ('fault' in followed) return followed;
  const operation: Members = followed.members;
  const isRefused = readRefused(operation);
  if (typeof isRefused === 'object') return isRefused;
  if (isRefused) return { asks: { kind: 'refused' }, told: [] };
  const fault = faultOfServers(operation, input);
  if (fault !== null) return { fault: `${fault} To leave the operation out, write "x-refused": true in it.` };
  const read = readAsks(name.toUpperCase(), pieces, { root: input.document, item, operation });
  return 'fault' in read ? read : { ...read, told: [toldOf(operation)] };
}

/** A path or an operation may have its own servers; they must lead to the same base as all others. */
function faultOfServers(members: Members, { base, chosen }: ItemInput): string | null {
  const servers = own(members, 'servers');
  if (servers === undefined || chosen !== undefined) return null;
  const read = readBase(servers, undefined);
  if ('fault' in read) return read.fault;
  return keyOf({ pieces: read.pieces, open: false }) === keyOf({ pieces: base, open: false })
    ? null
    : 'The path of its servers is different from the path of the servers of the document. Choose the base path yourself.';
}

/** OpenAPI 3.2 §4.9.1: operations of other methods, by the name that a request sends. */
function noteAdditional(item: Members, place: string, notes: Notes): void {
  const additional = own(item, 'additionalOperations');
  if (additional === undefined) return;
  if (!isObject(additional)) {
    notes.fault(`${place}.additionalOperations`, 'It must be an object with one operation for each method.');
    return;
  }
  for (const name of Object.keys(additional)) {
    const where = `${place}.additionalOperations[${JSON.stringify(name.slice(0, 200))}]`;
    if (METHODS.some((method) => method === name.toLowerCase()))
      notes.fault(where, `This method has its own member, "${name.toLowerCase()}". Write the operation there.`);
    else notes.warn(where, 'This method is always refused, because no permission covers it.');
  }
}

/** HEAD is served wherever GET is, so both must require the same. */
function mergeHead(operations: readonly ReadOperation[]): { operations: readonly ReadOperation[] } | { fault: string } {
  const head = operations.find(({ method }) => method === 'HEAD');
  if (head === undefined) return { operations };
  const get = operations.find(({ method }) => method === 'GET');
  const others = operations.filter((operation) => operation !== head);
  if (get !== undefined) {
    if (!isSame(get.asks, head.asks)) return { fault: 'HEAD is allowed wherever GET is, so both must require the same.' };
    const told = [...get.told, ...head.told];
    return { operations: others.map((operation) => (operation === get ? { ...get, told } : operation)) };
  }
  if (head.asks.kind === 'public')
    return { fault: 'HEAD is allowed wherever GET is, so it can be public only if there is a public GET.' };
  return { operations: [...others, { ...head, method: 'GET' }] };
}

/** Quoted, so that a path with control characters does not harm a terminal. */
export const placeOf = (path: string): string => `paths[${JSON.stringify(path.slice(0, 200))}]`;
