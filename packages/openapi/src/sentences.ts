/** A sentence for each permission, built from what the document says about the operations that require it. */
import { isObject, isWellFormedText } from '@keyhouse/protocol';
import { own } from './asks.ts';

/** It is shown in one line of a consent page. */
const MAX_LENGTH = 200;

/** The parts of an operation that are used to describe it. */
export interface Told {
  readonly summary: string | null;
  readonly tags: readonly string[];
}

export function toldOf(operation: Readonly<Record<string, unknown>>): Told {
  const tags = own(operation, 'tags');
  return {
    summary: readLine(own(operation, 'summary')),
    tags: Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [],
  };
}

/** What the document says of its tags. */
export function readTags(tags: unknown): ReadonlyMap<string, string> {
  const described = new Map<string, string>();
  for (const tag of Array.isArray(tags) ? tags : []) {
    if (!isObject(tag)) continue;
    const name = own(tag, 'name');
    const description = readLine(own(tag, 'description'));
    if (typeof name === 'string' && description !== null) described.set(name, description);
  }
  return described;
}

/** For one operation its summary; for several the tag that they share; else their summaries as far as these fit. */
export function sentenceFor(permission: string, operations: readonly Told[], tags: ReadonlyMap<string, string>): string {
  const [first, ...others] = operations;
  const summaries = [...new Set(operations.flatMap(({ summary }) => summary ?? []))];
  if (others.length === 0 && first?.summary !== undefined && first.summary !== null) return cut(first.summary);
  const dot = permission.lastIndexOf('.');
  const verb = permission.slice(dot + 1) === 'read' ? 'See' : 'Change';
  const shared = first?.tags.find((tag) => tags.has(tag) && others.every((other) => other.tags.includes(tag)));
  if (shared !== undefined) return cut(`${verb}: ${tags.get(shared)}`);
  const joined = summaries.join('; ');
  return joined !== '' && [...joined].length <= MAX_LENGTH ? joined : `${verb} ${permission.slice(0, dot)}`;
}

/** Null for what is not a line of readable text. */
function readLine(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const line = value.slice(0, 2000).replace(/\s+/gu, ' ').trim();
  return line !== '' && isWellFormedText(line) ? line : null;
}

function cut(line: string): string {
  const characters = [...line];
  return characters.length <= MAX_LENGTH
    ? line
    : `${characters
        .slice(0, MAX_LENGTH - 1)
        .join('')
        .trimEnd()}…`;
}
