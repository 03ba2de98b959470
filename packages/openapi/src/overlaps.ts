/**
 * Which of two paths a request means. The more literal one wins, as OpenAPI allows; if each is the more literal one somewhere
 * (`/{kind}/mine` and `/books/{id}`), routers differ, so neither is assumed.
 */
import { isLiteral, type Piece, textOf } from './paths.ts';

export interface Shape {
  readonly pieces: readonly Piece[];
  /** And everything below it. */
  readonly open: boolean;
}

/** Two shapes that mean the same requests have the same key. */
export const keyOf = ({ pieces, open }: Shape): string => JSON.stringify([open, ...pieces.map(({ texts }) => texts)]);

/**
 * The order in which the first that matches is the right one, from the left and segment by segment: a literal before text with
 * templates, more characters of text before fewer, a template alone after them, and what is open at this place last. A shape that
 * is a part of another one comes before it: a segment that is a part of another one always has more text than that.
 */
export function compareShapes(one: Shape, other: Shape): number {
  for (const [index, piece] of one.pieces.entries()) {
    const against = other.pieces[index];
    if (against === undefined) return other.open ? -1 : 1;
    const order = comparePieces(piece, against);
    if (order !== 0) return order;
  }
  if (one.pieces.length < other.pieces.length) return one.open ? 1 : -1;
  return Number(one.open) - Number(other.open);
}

function comparePieces(one: Piece, other: Piece): number {
  if (isLiteral(one) !== isLiteral(other)) return isLiteral(one) ? -1 : 1;
  const [mine, theirs] = [textOf(one), textOf(other)];
  if (!isLiteral(one) && mine.length !== theirs.length) return theirs.length - mine.length;
  const [text, against] = [JSON.stringify(one.texts), JSON.stringify(other.texts)];
  return text === against ? 0 : text < against ? -1 : 1;
}

/**
 * The shape of the requests that both may mean, if neither is a part of the other: null if one is, `unsayable` if no pattern can
 * express it. Only for shapes that overlap.
 */
export function meetOf(one: Shape, other: Shape): Shape | 'unsayable' | null {
  const [long, short] = one.pieces.length < other.pieces.length ? [other, one] : [one, other];
  const pieces: Piece[] = [];
  let isLongNarrower = !long.open || short.open;
  let isShortNarrower = long.pieces.length === short.pieces.length && (!short.open || long.open);
  for (const [index, piece] of long.pieces.entries()) {
    const against = short.pieces[index];
    if (against === undefined) {
      pieces.push(piece);
      continue;
    }
    const [isIn, isAround] = [isPartOf(piece, against), isPartOf(against, piece)];
    if (!isIn) isLongNarrower = false;
    if (!isAround) isShortNarrower = false;
    if (!isIn && !isAround) return 'unsayable';
    pieces.push(isIn ? piece : against);
  }
  return isLongNarrower || isShortNarrower ? null : { pieces, open: long.open && short.open };
}

/**
 * Whether every segment that matches `one` matches `other`: this is so exactly when `other` matches the text of `one` with its
 * templates as special characters.
 */
function isPartOf(one: Piece, other: Piece): boolean {
  const [first = '', ...rest] = other.texts;
  // No path has a control character, so this one is always a template.
  const text = one.texts.join('\0');
  if (rest.length === 0) return isLiteral(one) && text === first;
  const last = rest.at(-1) ?? '';
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let start = first.length;
  for (const middle of rest.slice(0, -1)) {
    const found = text.indexOf(middle, start + 1);
    if (found === -1) return false;
    start = found + middle.length;
  }
  return end > start;
}

/** Whether some segment matches both. With templates in both, only their ends can make them disjoint. */
function overlaps(one: Piece, other: Piece): boolean {
  if (isLiteral(one) || isLiteral(other)) return isPartOf(one, other) || isPartOf(other, one);
  return (
    begin(one.texts[0] ?? '', other.texts[0] ?? '') &&
    begin(backwards(one.texts.at(-1) ?? ''), backwards(other.texts.at(-1) ?? ''))
  );
}

const begin = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one);
const backwards = (text: string): string => text.split('').reverse().join('');

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>;
  readonly others: Map<string, { readonly piece: Piece; readonly node: Node<Value> }>;
  value: Value | null;
  open: Value | null;
}

export interface ShapeTree<Value> {
  add(shape: Shape, value: Value): void;
  /**
   * The values of shapes that some request matches as well as this one, itself included. Null if the search costs more than is
   * left: `work` is how many segments the tree may still be compared with, in all calls together.
   */
  overlapping(shape: Shape): readonly Value[] | null;
}

export function shapeTree<Value>(work: number): ShapeTree<Value> {
  const root = emptyNode<Value>();
  let left = work;
  return {
    add({ pieces, open }, value) {
      let node = root;
      for (const piece of pieces) node = childOf(node, piece);
      if (open) node.open = value;
      else node.value = value;
    },
    overlapping({ pieces, open }) {
      const found: Value[] = [];
      const walk = (node: Node<Value>, depth: number): void => {
        if (--left < 0) return;
        if (node.open !== null) found.push(node.open);
        const piece = pieces[depth];
        if (piece === undefined) {
          if (node.value !== null) found.push(node.value);
          if (!open) return;
        } else if (isLiteral(piece)) {
          const child = node.literals.get(textOf(piece));
          if (child !== undefined) walk(child, depth + 1);
        }
        if (piece === undefined || !isLiteral(piece))
          for (const [text, child] of node.literals)
            if (--left >= 0 && (piece === undefined || overlaps(piece, { texts: [text], names: [] }))) walk(child, depth + 1);
        for (const child of node.others.values())
          if (--left >= 0 && (piece === undefined || overlaps(piece, child.piece))) walk(child.node, depth + 1);
      };
      walk(root, 0);
      return left < 0 ? null : found;
    },
  };
}

const emptyNode = <Value>(): Node<Value> => ({ literals: new Map(), others: new Map(), value: null, open: null });

function childOf<Value>(node: Node<Value>, piece: Piece): Node<Value> {
  if (isLiteral(piece)) {
    const child = node.literals.get(textOf(piece)) ?? emptyNode<Value>();
    node.literals.set(textOf(piece), child);
    return child;
  }
  const key = JSON.stringify(piece.texts);
  const child = node.others.get(key) ?? { piece, node: emptyNode<Value>() };
  node.others.set(key, child);
  return child.node;
}
