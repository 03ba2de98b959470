/** Parses the text of an OpenAPI document, JSON or YAML, in which nothing can be read in two ways. */
import { isObject, JSON_BOUNDS, parseStrictJson } from '@keyhouse/protocol';
import { parseDocument } from 'yaml';

export type ReadOpenApi = { readonly ok: true; readonly document: object } | { readonly ok: false; readonly reason: string };

/** The largest of the well-known documents has 12 MB. */
export const MAX_OPENAPI_BYTES = 16_000_000;

/** A "billion laughs" attack begins with a few aliases of aliases; documents that people write reuse a hundred things at most. */
const MAX_ALIASES = 100;
/** Of a parser's message: enough to find the place. */
const MAX_MESSAGE = 500;

/** Schemas nest deeper than anything on our own wire. */
const BOUNDS = { ...JSON_BOUNDS, maxDepth: 1000 };

/** `reason` is a sentence for the author of the file. Never throws for any text. */
export function readOpenApiText(text: string): ReadOpenApi {
  if (text.length > MAX_OPENAPI_BYTES) return no('The file is larger than 16 MB.');
  const isJson = /^\s*[{[]/.test(text);
  const json = isJson ? parseStrictJson(text, BOUNDS) : null;
  if (json?.ok === true) return documentOf(json.value);
  if (json?.reason === 'repeated_member') return no(`The member ${JSON.stringify(json.member)} occurs twice in one object.`);
  if (json?.reason === 'too_complex') return no('The file is nested more than 1,000 levels deep.');
  // What is not JSON but begins with a bracket may still be YAML in flow style.
  return readYaml(text);
}

function readYaml(text: string): ReadOpenApi {
  try {
    const parsed = parseDocument(text, {
      ...{ version: '1.2', schema: 'core', strict: true, uniqueKeys: true, merge: false, resolveKnownTags: false },
    });
    // A warning is an unknown tag or similar: something that another reader would read differently.
    const [problem] = [...parsed.errors, ...parsed.warnings];
    if (problem !== undefined) return no(`The file is neither JSON nor strict YAML: ${problem.message.slice(0, MAX_MESSAGE)}`);
    const value = parsed.toJS({ maxAliasCount: MAX_ALIASES });
    // Throws if something contains itself, which no document does.
    JSON.stringify(value);
    if (hasMergeKey(value))
      return no('The file has merge keys (<<), which YAML 1.2 does not have. Write out the members instead.');
    return documentOf(value);
  } catch (error) {
    // Too many aliases, an alias of what contains it, or nesting beyond the stack.
    const message = error instanceof Error ? error.message.slice(0, MAX_MESSAGE) : '';
    return no(`The file cannot be read: ${message}`);
  }
}

const documentOf = (value: unknown): ReadOpenApi =>
  isObject(value) ? { ok: true, document: value } : no('The file is not an OpenAPI document: it must be an object.');

const no = (reason: string): ReadOpenApi => ({ ok: false, reason });

/** Some readers merge, others do not; a merge could add exactly the members that guard a path. */
function hasMergeKey(value: unknown): boolean {
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (Object.hasOwn(next, '<<')) return true;
    // One by one: a long list has too many elements for one call.
    for (const member of Object.values(next)) open.push(member);
  }
  return false;
}
