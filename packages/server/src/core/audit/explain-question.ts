/**
 * Why the question of a gateway or a guard could not be judged. Another credential would not help. The record names the headers
 * that are missing or wrong, so that the operator of the gateway knows which line to change.
 */
import { mapOf } from '../lib/map-of.ts';

export interface QuestionRecord {
  /** `nothing_to_judge`, `ambiguous`, `method`, `path` or `no_route`; anything else is a permission. */
  readonly lacking: string | null;
  /** Older records, and those of guards, have none. */
  readonly fault: string | null;
  readonly headers: readonly string[];
  readonly isGuard: boolean;
}

interface Words {
  readonly sentence: string;
  readonly advice: string;
}

/** What happened; null if this is not why the request was refused. */
export const sayQuestion = (record: QuestionRecord): string | null => wordsFor(record)?.sentence ?? null;

/** What to change about it. */
export const adviceOnQuestion = (record: QuestionRecord): string | null => wordsFor(record)?.advice ?? null;

/** For a line of a table: `ambiguous: missing X-Original-Method, X-Original-URL`. `details` are those of an event, as JSON. */
export function briefOfQuestion(details: string): string | null {
  const { lacking, fault, headers } = JSON.parse(details) as { readonly [name: string]: unknown };
  if (typeof lacking !== 'string' || !WORDS.has(lacking)) return null;
  const names = Array.isArray(headers) ? headers.map(String) : [];
  const said = [
    ...(typeof fault === 'string' && fault !== 'value' ? [fault] : []),
    ...(names.length === 0 ? [] : [names.join(', ')]),
  ];
  return said.length === 0 ? lacking : `${lacking}: ${said.join(' ')}`;
}

function wordsFor(record: QuestionRecord): Words | null {
  if (record.lacking === null) return null;
  return WORDS.get(record.lacking)?.(record) ?? null;
}

const PAIRS = 'X-Original-Method with X-Original-URI or X-Original-URL, or X-Forwarded-Method with X-Forwarded-Uri';
const METHODS = 'GET, HEAD, POST, PUT, PATCH and DELETE';

const WORDS: ReadonlyMap<string, (record: QuestionRecord) => Words> = mapOf<(record: QuestionRecord) => Words>({
  nothing_to_judge: () => ({
    sentence: 'the gateway did not send the method and path of the request. None of the headers for them was there.',
    advice: `Configure the gateway to send ${PAIRS}, or to ask at /verify/<path>. Another credential does not help.`,
  }),
  ambiguous: sayAmbiguous,
  method: ({ headers: [header] }) => ({
    sentence: `no permission is known for the method of the request${inHeader(header)}.`,
    advice: `${
      header === undefined
        ? 'The client must use another method'
        : `Configure the gateway to send the original method in ${header}, in capitals`
    }: permissions are known for ${METHODS}.`,
  }),
  path: ({ headers: [header], isGuard }) => ({
    sentence: `the path of the request${inHeader(header)} is ambiguous, or is not a path.`,
    advice:
      header === undefined || isGuard
        ? 'The client must send a plain path. docs/gateways.md lists what is refused, such as //, /../ and %2f.'
        : `Configure the gateway to send the original path in ${header}, from the first / on ($request_uri in nginx). If the client sent such a path, docs/gateways.md lists what is refused, such as //, /../ and %2f.`,
  }),
  no_route: () => ({
    sentence: 'no route pattern matches the path, so the permission that it needs is unknown.',
    advice:
      'Add a route for this path, or one that makes it public. Use the page Permissions, or keyhouse permission import. Another credential does not help.',
  }),
});

function sayAmbiguous({ fault, headers: [first = '', second = ''] }: QuestionRecord): Words {
  switch (fault) {
    case 'missing':
      return {
        sentence: `the gateway sent ${second}, but not ${first}. Both are needed.`,
        advice: `Configure the gateway to send ${first} too. If the gateway does not send ${second}, the client sent it. Configure the gateway to clear it.`,
      };
    case 'repeated':
      return {
        sentence: `the header ${first} came twice.`,
        advice: `Configure the gateway to replace the ${first} of the client, and not to add another one.`,
      };
    case 'disagree':
      return {
        sentence: `the headers ${first} and ${second} name different requests.`,
        advice: 'Configure the gateway to set the headers of one pair and to clear the others, which the client may have sent.',
      };
    case 'target':
      return {
        sentence: 'the gateway asked at another spelling of /verify.',
        advice: 'Configure the gateway to ask at exactly /verify, or at /verify/ and the path.',
      };
    case 'parameter':
      return {
        sentence: 'the permission in the query of /verify is repeated, or is not a permission.',
        advice: 'Configure the gateway to ask with one ?permission=, such as /verify?permission=invoices.read.',
      };
    default:
      return {
        sentence: 'the method or path of the request is ambiguous.',
        advice: `Configure the gateway to set one pair of headers (${PAIRS}), each header once, and to clear the other pair.`,
      };
  }
}

const inHeader = (header: string | undefined): string => (header === undefined ? '' : ` (in ${header})`);
