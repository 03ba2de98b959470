/**
 * Which of two paths a request means. OpenAPI lets the more literal one win; where each is the more literal one somewhere
 * (`/{kind}/mine` and `/books/{id}`), routers differ, and so nobody may guess.
 */
import type { Piece } from './openapi-paths.ts';

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>;
  template: Node<Value> | null;
  value: { readonly pieces: readonly Piece[]; readonly value: Value } | null;
}

export interface PathTree<Value> {
  /** Puts it in, or gives the value that has the same shape already. */
  add(pieces: readonly Piece[], value: Value): Value | null;
  /** The values of paths that may mean the same request, neither being the more literal one. `most` bounds the search. */
  unclear(pieces: readonly Piece[], most: number): readonly Value[];
}

export function pathTree<Value>(): PathTree<Value> {
  const root = emptyNode<Value>();
  return {
    add(pieces, value) {
      let node = root;
      for (const piece of pieces) node = childOf(node, piece);
      if (node.value !== null) return node.value.value;
      node.value = { pieces, value };
      return null;
    },
    unclear(pieces, most) {
      const found: Value[] = [];
      const walk = (node: Node<Value>, depth: number): void => {
        if (found.length >= most) return;
        const piece = pieces[depth];
        if (piece === undefined) {
          if (node.value !== null && isUnclear(pieces, node.value.pieces)) found.push(node.value.value);
          return;
        }
        if (node.template !== null) walk(node.template, depth + 1);
        if (piece.kind === 'template') for (const child of node.literals.values()) walk(child, depth + 1);
        else {
          const child = node.literals.get(piece.text);
          if (child !== undefined) walk(child, depth + 1);
        }
      };
      walk(root, 0);
      return found;
    },
  };
}

/** Literal segments first, from the left: what is more literal everywhere stands before what is less so. */
export function compareShapes(one: readonly Piece[], other: readonly Piece[]): number {
  for (const [index, piece] of one.entries()) {
    const against = other[index];
    if (against === undefined) return 1;
    if (piece.kind !== against.kind) return piece.kind === 'literal' ? -1 : 1;
    if (piece.kind === 'literal' && against.kind === 'literal' && piece.text !== against.text)
      return piece.text < against.text ? -1 : 1;
  }
  return one.length - other.length;
}

const emptyNode = <Value>(): Node<Value> => ({ literals: new Map(), template: null, value: null });

function childOf<Value>(node: Node<Value>, piece: Piece): Node<Value> {
  if (piece.kind === 'template') {
    node.template ??= emptyNode();
    return node.template;
  }
  const child = node.literals.get(piece.text) ?? emptyNode<Value>();
  node.literals.set(piece.text, child);
  return child;
}

function isUnclear(one: readonly Piece[], other: readonly Piece[]): boolean {
  const isMoreLiteral = (mine: readonly Piece[], theirs: readonly Piece[]): boolean =>
    mine.some(({ kind }, index) => kind === 'literal' && theirs[index]?.kind === 'template');
  return isMoreLiteral(one, other) && isMoreLiteral(other, one);
}
