/**
 * Why the question of a gateway or a guard could not be judged. Another credential would not help. The record names the headers that are
 * missing or wrong, so that the operator of the gateway knows which line to change.
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

/** What happened; null when this is not why the request was refused. */
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
    sentence: 'the gateway did not say which method and path the request had: none of the headers that say it was there.',
    advice: `Let the gateway send ${PAIRS}; or let it ask at /verify/<path>. Another credential does not help.`,
  }),
  ambiguous: sayAmbiguous,
  method: ({ headers: [header] }) => ({
    sentence: `no permission is known for the method of the request${inHeader(header)}.`,
    advice: `${
      header === undefined
        ? 'Let the client use another method'
        : `Let the gateway send the method in ${header} as it came, in capitals`
    }: permissions are known for ${METHODS}.`,
  }),
  path: ({ headers: [header], isGuard }) => ({
    sentence: `the path of the request${inHeader(header)} can be read in two ways, or is not a path.`,
    advice:
      header === undefined || isGuard
        ? 'Let the client send a plain path: docs/gateways.md lists what is refused, such as //, /../ and %2f.'
        : `Let the gateway send the path in ${header} as it came, from the first / on ($request_uri in nginx). If the client sent such a path, docs/gateways.md lists what is refused, such as //, /../ and %2f.`,
  }),
  no_route: () => ({
    sentence: 'no route pattern fits the path, so nobody knows which permission it needs.',
    advice:
      'Add a route for this path, or one that makes it public: on the operator’s page Permissions, or with keyhouse permission import. Another credential does not help.',
  }),
});

function sayAmbiguous({ fault, headers: [first = '', second = ''] }: QuestionRecord): Words {
  switch (fault) {
    case 'missing':
      return {
        sentence: `the gateway sent ${second} and not ${first}, and one alone is half a question.`,
        advice: `Let the gateway send ${first} too. If it does not send ${second} itself, the client did: let the gateway clear it.`,
      };
    case 'repeated':
      return {
        sentence: `the header ${first} came twice, and nobody can say which one counts.`,
        advice: `Let the gateway replace ${first} of the client, and not add another one.`,
      };
    case 'disagree':
      return {
        sentence: `the headers ${first} and ${second} name different requests.`,
        advice: 'Let the gateway set the headers of one pair, and clear the others, which the client may have sent.',
      };
    case 'target':
      return {
        sentence: 'the question was asked at another spelling of /verify.',
        advice: 'Let the gateway ask at exactly /verify, or at /verify/ and the path.',
      };
    case 'parameter':
      return {
        sentence: 'the permission in the query of the question is repeated, or is not a permission.',
        advice: 'Let the gateway ask with one ?permission=, such as /verify?permission=invoices.read.',
      };
    default:
      return {
        sentence: 'method or path of the request can be read in two ways.',
        advice: `Let the gateway set one pair of headers, ${PAIRS}, each of them once, and clear the other.`,
      };
  }
}

const inHeader = (header: string | undefined): string => (header === undefined ? '' : ` (in ${header})`);
