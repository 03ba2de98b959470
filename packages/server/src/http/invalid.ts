/** Ajv's findings as sentences, a list for each field, in the words of document A [A12]. */
import type { FastifySchemaValidationError } from 'fastify';
import { invalid } from './faults.ts';
import { MAX_PARAMETERS } from './json-body.ts';

/**
 * Ajv reports every fault, and thousands of parameters fit into one line. Bodies are bounded as they are read (`json-body.ts`).
 */
export function refuseLongQuery(query: unknown): void {
  if (typeof query === 'object' && query !== null && Object.keys(query).length > MAX_PARAMETERS)
    throw invalid('query', 'The query has too many parameters.');
}

export function sentencesOf(findings: readonly FastifySchemaValidationError[]): Record<string, string[]> {
  const errors = new Map<string, Set<string>>();
  for (const finding of findings) {
    const field = fieldOf(finding);
    const sentences = errors.get(field) ?? new Set();
    errors.set(field, sentences.add(sentenceOf(field, finding)));
  }
  return Object.fromEntries([...errors].map(([field, sentences]) => [field, [...sentences]]));
}

/** The member that a finding is about; the body itself if there is none. */
function fieldOf({ keyword, params, instancePath }: FastifySchemaValidationError): string {
  if (keyword === 'required') return String(params.missingProperty);
  if (keyword === 'additionalProperties') return String(params.additionalProperty).slice(0, 100);
  return instancePath.split('/')[1] ?? 'body';
}

function sentenceOf(field: string, { keyword, params, instancePath }: FastifySchemaValidationError): string {
  const name = instancePath.split('/').length > 2 ? `Each of the ${field}` : field === 'body' ? 'The body' : `The ${field} field`;
  switch (keyword) {
    case 'required':
      return `The ${field} field is required.`;
    case 'additionalProperties':
      return 'This field does not exist.';
    case 'type':
      return `${name} must be ${article(String(params.type))}.`;
    case 'minLength':
      return params.limit === 1 ? `The ${field} field is required.` : `${name} must have at least ${params.limit} characters.`;
    case 'maxLength':
      return `${name} may have at most ${params.limit} characters.`;
    case 'minItems':
      return `${name} must have at least ${params.limit} items.`;
    case 'maxItems':
      return `${name} may have at most ${params.limit} items.`;
    case 'minimum':
      return `${name} must be at least ${params.limit}.`;
    case 'maximum':
      return `${name} may be at most ${params.limit}.`;
    default:
      return `${name} is not valid.`;
  }
}

const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
