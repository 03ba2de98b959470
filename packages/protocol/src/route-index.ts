/**
 * Finds the few routes that a path may match among thousands, without trying each. Literals are kept in lower case, and text with
 * placeholders by what is before and after them: the caller checks whether it matches. A request visits each node of the tree at
 * most once, so no path costs more than trying every route.
 */
import { fitsLoosely, type Part } from './route-segment.ts';

interface Filed {
  readonly parts: readonly Part[];
  readonly open: boolean;
}

interface Node {
  readonly literals: Map<string, Node>;
  placeholder: Node | null;
  readonly mixed: Mixed;
  /** Positions of the routes that end here, and of those that continue with `**`. */
  readonly whole: number[];
  readonly open: number[];
}

/** By the text before the first placeholder, then by the text after the last one, in lower case. */
type Mixed = ByLength<ByLength<MixedNode[]>>;

interface MixedNode {
  readonly texts: readonly string[];
  readonly node: Node;
}

interface ByLength<Value> {
  readonly entries: Map<string, Value>;
  /** Of its names, each once, ascending. */
  lengths: readonly number[];
}

const roots = new WeakMap<readonly Filed[], Node>();

/** In the order of `routes`, which must not be changed afterwards. */
export function candidatesOf<Route extends Filed>(routes: readonly Route[], segments: readonly string[]): readonly Route[] {
  if (routes.length === 0) return routes;
  const positions: number[] = [];
  collect(rootOf(routes), segments, 0, positions);
  positions.sort((one, other) => one - other);
  return positions.flatMap((position) => routes[position] ?? []);
}

function rootOf(routes: readonly Filed[]): Node {
  const known = roots.get(routes);
  if (known !== undefined) return known;
  const root = emptyNode();
  for (const [position, { parts, open }] of routes.entries()) {
    let node = root;
    for (const part of parts) node = childOf(node, part);
    (open ? node.open : node.whole).push(position);
  }
  roots.set(routes, root);
  return root;
}

function collect(node: Node, segments: readonly string[], depth: number, positions: number[]): void {
  for (const position of node.open) positions.push(position);
  const segment = segments[depth];
  if (segment === undefined) {
    for (const position of node.whole) positions.push(position);
    return;
  }
  const small = segment.toLowerCase();
  const literal = node.literals.get(small);
  if (literal !== undefined) collect(literal, segments, depth + 1, positions);
  for (const child of mixedOf(node.mixed, small)) collect(child, segments, depth + 1, positions);
  if (node.placeholder !== null) collect(node.placeholder, segments, depth + 1, positions);
}

function mixedOf({ entries, lengths }: Mixed, segment: string): readonly Node[] {
  if (entries.size === 0) return [];
  const found: Node[] = [];
  for (const length of lengths) {
    if (length > segment.length) break;
    const behind = entries.get(segment.slice(0, length));
    if (behind === undefined) continue;
    for (const after of behind.lengths) {
      if (length + after > segment.length) break;
      for (const { texts, node } of behind.entries.get(segment.slice(segment.length - after)) ?? [])
        if (fitsLoosely(texts, segment)) found.push(node);
    }
  }
  return found;
}

const emptyNode = (): Node => ({ literals: new Map(), placeholder: null, mixed: byLength(), whole: [], open: [] });
const byLength = <Value>(): ByLength<Value> => ({ entries: new Map(), lengths: [] });

function childOf(node: Node, part: Part): Node {
  switch (part.kind) {
    case 'literal':
      return entryOf(node.literals, part.text.toLowerCase(), emptyNode);
    case 'mixed':
      return mixedChildOf(
        node.mixed,
        part.texts.map((text) => text.toLowerCase()),
      );
    case 'any':
    case 'resource':
      node.placeholder ??= emptyNode();
      return node.placeholder;
  }
}

function mixedChildOf(mixed: Mixed, texts: readonly string[]): Node {
  const behind = longEntryOf(mixed, texts[0] ?? '', byLength<MixedNode[]>);
  const nodes = longEntryOf(behind, texts.at(-1) ?? '', (): MixedNode[] => []);
  const known = nodes.find((one) => one.texts.length === texts.length && one.texts.every((text, index) => text === texts[index]));
  if (known !== undefined) return known.node;
  const node = emptyNode();
  nodes.push({ texts, node });
  return node;
}

function longEntryOf<Value>(of: ByLength<Value>, name: string, make: () => Value): Value {
  if (!of.lengths.includes(name.length)) of.lengths = [...of.lengths, name.length].sort((one, other) => one - other);
  return entryOf(of.entries, name, make);
}

function entryOf<Value>(entries: Map<string, Value>, name: string, make: () => Value): Value {
  const known = entries.get(name);
  if (known !== undefined) return known;
  const made = make();
  entries.set(name, made);
  return made;
}
