/**
 * Finds the few routes that a path may match among thousands, without trying each. Literals are filed without regard to capitals:
 * whether they fit is for whoever asks to say.
 */
interface Filed {
  readonly parts: readonly { readonly kind: string; readonly text?: string }[];
  readonly open: boolean;
}

interface Node {
  readonly literals: Map<string, Node>;
  placeholder: Node | null;
  /** Positions of the routes that end here, and of those that go on with `**`. */
  readonly whole: number[];
  readonly open: number[];
}

const roots = new WeakMap<readonly Filed[], Node>();

/** In the order of `routes`, which may not be changed afterwards. */
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
    for (const { text } of parts) node = text === undefined ? placeholderOf(node) : literalOf(node, text);
    (open ? node.open : node.whole).push(position);
  }
  roots.set(routes, root);
  return root;
}

function collect(node: Node, segments: readonly string[], depth: number, positions: number[]): void {
  positions.push(...node.open);
  const segment = segments[depth];
  if (segment === undefined) {
    positions.push(...node.whole);
    return;
  }
  const literal = node.literals.get(segment.toLowerCase());
  if (literal !== undefined) collect(literal, segments, depth + 1, positions);
  if (node.placeholder !== null) collect(node.placeholder, segments, depth + 1, positions);
}

const emptyNode = (): Node => ({ literals: new Map(), placeholder: null, whole: [], open: [] });

function placeholderOf(node: Node): Node {
  node.placeholder ??= emptyNode();
  return node.placeholder;
}

function literalOf(node: Node, text: string): Node {
  const key = text.toLowerCase();
  const literal = node.literals.get(key) ?? emptyNode();
  node.literals.set(key, literal);
  return literal;
}
