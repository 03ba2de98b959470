/**
 * `$ref` of a path or an operation, followed within the document. Nothing is fetched, a circle is a fault, and no member next to
 * it is lost.
 */
import { isObject } from '@keyhouse/protocol';
import { OUR_WORDS, own } from './asks.ts';

type Members = Readonly<Record<string, unknown>>;

const MAX_REFERENCES = 20;
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query', 'additionalOperations'];
/** Members that affect what is required, and have no defined precedence next to a `$ref`. */
const DECIDING = ['security', 'servers', ...METHODS];

/**
 * The object that a `$ref` leads to, or the value itself. OpenAPI lets tools drop members next to a `$ref`; our own members there
 * are nearer than those of the target, and have priority over them. Any other member with an effect is a fault.
 * @param what - for the sentence, such as `A path holds an object with its operations.`
 */
export function follow(document: Members, value: unknown, what: string): { members: Members } | { fault: string } {
  let found = value;
  const beside: Record<string, unknown> = {};
  for (let count = 0; count < MAX_REFERENCES; count++) {
    if (!isObject(found)) return { fault: what };
    const members: Members = found;
    const reference = own(members, '$ref');
    if (reference === undefined) return { members: { ...members, ...beside } };
    if (DECIDING.some((name) => own(members, name) !== undefined))
      return {
        fault: 'It has operations, security or servers next to its $ref, and OpenAPI does not define which of them apply.',
      };
    for (const word of OUR_WORDS) if (!(word in beside) && own(members, word) !== undefined) beside[word] = own(members, word);
    if (typeof reference !== 'string' || !reference.startsWith('#/'))
      return { fault: 'Its $ref points outside the document. Bundle the files into one first.' };
    found = at(document, reference);
    if (found === undefined)
      return { fault: `Its $ref ${JSON.stringify(reference.slice(0, 200))} does not exist in the document.` };
  }
  return { fault: 'Its $ref is circular.' };
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
