/** Paths of one document that a request cannot distinguish, and requests that may mean two of its paths. */
import { isSame, type OperationAsks } from './asks.ts';
import { type Notes, placeOf, type ReadItem, type ReadOperation } from './item.ts';
import { compareShapes, keyOf, meetOf, type Shape, shapeTree } from './overlaps.ts';
import { patternOf } from './paths.ts';

/** A second or two of work; the largest of the well-known documents needs a hundredth of it. */
const MAX_LOOKS = 10_000_000;
/** A document with more of them could not be served by a router either. */
const MAX_MEETS = 1_000;

/**
 * One item for each shape: two paths of one shape must require the same, or one requires a permission and the other is public.
 */
export function mergeTwins(items: readonly ReadItem[], notes: Notes): readonly ReadItem[] {
  const byKey = new Map<string, ReadItem>();
  for (const item of items.toSorted((one, other) => Number(one.isGuard) - Number(other.isGuard))) {
    const key = keyOf(item.shape);
    const twin = byKey.get(key);
    if (twin === undefined) byKey.set(key, item);
    else if (!item.isGuard) byKey.set(key, { ...twin, operations: mergeOperations(twin, item, notes) });
  }
  return [...byKey.values()];
}

function mergeOperations(twin: ReadItem, item: ReadItem, notes: Notes): readonly ReadOperation[] {
  const place = placeOf(item.path);
  notes.warn(place, `A request for it looks the same as one for ${JSON.stringify(twin.path)}, so both are read as one path.`);
  const merged = new Map(twin.operations.map((operation) => [operation.method, operation]));
  for (const operation of item.operations) {
    const { method } = operation;
    const other = merged.get(method);
    const asks = other === undefined ? operation.asks : stricterOf(other.asks, operation.asks);
    if (asks === null) {
      notes.fault(
        place,
        `A ${method} request for it looks the same as one for ${JSON.stringify(twin.path)}, but they require different permissions. Give both the same "x-permission", or write "x-refused": true in one of the paths; both are then refused.`,
      );
      continue;
    }
    if (other !== undefined && !isSame(other.asks, operation.asks))
      notes.warn(
        place,
        `Its ${method} and that of ${JSON.stringify(twin.path)} differ, so the stricter one applies: ${sentenceOf(asks)}.`,
      );
    merged.set(method, { method, asks, told: [...(other?.told ?? []), ...operation.told] });
  }
  return [...merged.values()];
}

/** Null: two permissions, of which neither is stricter. */
function stricterOf(one: OperationAsks, other: OperationAsks): OperationAsks | null {
  if (one.kind === 'refused' || other.kind === 'refused') return { kind: 'refused' };
  if (one.kind === 'public') return other;
  return other.kind === 'public' || isSame(one, other) ? one : null;
}

const sentenceOf = (asks: OperationAsks): string =>
  asks.kind === 'permission' ? `it requires ${asks.permission}` : asks.kind === 'refused' ? 'it is refused' : 'it is public';

/**
 * Adds refusals for each request that may mean two paths with different requirements, neither being the more literal one. If no
 * pattern can express which requests these are, it is a fault.
 */
export function refuseUnclear(items: readonly ReadItem[], notes: Notes): readonly ReadItem[] {
  const tree = shapeTree<ReadItem>(MAX_LOOKS);
  const all = new Map(items.map((item) => [keyOf(item.shape), item]));
  let count = 0;
  for (const item of items) {
    const others = tree.overlapping(item.shape);
    if (others === null) return tooMany(items, notes);
    tree.add(item.shape, item);
    for (const other of others) {
      const methods = contradictions(item, other);
      const meet = methods.length === 0 ? null : meetOf(item.shape, other.shape);
      if (meet === null) continue;
      if (meet === 'unsayable') {
        notes.fault(
          placeOf(item.path),
          `The same request can match this path and ${JSON.stringify(other.path)}, but they require different things. Give both the same "x-permission", or write "x-refused": true in both.`,
        );
        continue;
      }
      if (++count > MAX_MEETS) return tooMany(items, notes);
      refuse(all, meet, methods, { item, other, notes });
    }
  }
  return [...all.values()];
}

function refuse(
  all: Map<string, ReadItem>,
  meet: Shape,
  methods: readonly string[],
  { item, other, notes }: { item: ReadItem; other: ReadItem; notes: Notes },
): void {
  const key = keyOf(meet);
  const before = all.get(key) ?? { path: item.path, shape: meet, operations: [], isGuard: false };
  const missing = methods.filter((method) => before.operations.every((operation) => operation.method !== method));
  if (missing.length === 0) return;
  const refused = missing.map((method): ReadOperation => ({ method, asks: { kind: 'refused' }, told: [] }));
  all.set(key, { ...before, operations: [...before.operations, ...refused] });
  notes.warn(
    placeOf(item.path),
    `${missing.join(', ')} ${patternOf(meet.pieces, meet.open)} can match this path and ${JSON.stringify(other.path)}, which require different things, so it is refused.`,
  );
}

function tooMany(items: readonly ReadItem[], notes: Notes): readonly ReadItem[] {
  notes.fault('paths', 'Too many pairs of paths can match the same request but require different things.');
  return items;
}

/** The methods for which their requirements differ, without those that the first of them refuses anyway. */
function contradictions(one: ReadItem, other: ReadItem): readonly string[] {
  const [first, second] = compareShapes(one.shape, other.shape) < 0 ? [one, other] : [other, one];
  return first.operations
    .filter(({ asks }) => asks.kind !== 'refused')
    .filter(({ method, asks }) => second.operations.some((against) => against.method === method && !isSame(asks, against.asks)))
    .map(({ method }) => method);
}
