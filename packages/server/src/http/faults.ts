/** What is wrong with a request, as a 422: for each field, by its name on the wire, a list of sentences. */
import type { Fault } from '../core/lib/fault.ts';
import { Refusal } from '../core/refusal.ts';

/** One field. */
export const invalid = (field: string, ...sentences: readonly string[]): Refusal =>
  new Refusal({ code: 'invalid', errors: { [field]: sentences } });

/** Every fault, in their order. `wireName`: the name of a field on the wire, if core has another name. */
export function refuseFaults<Field extends string>(
  faults: readonly Fault<Field>[],
  wireName: (field: Field) => string = (field) => field,
): Refusal {
  const byName = Map.groupBy(faults, ({ field }) => wireName(field));
  const errors = [...byName].map(([name, found]) => [name, found.map(({ sentence }) => sentence)] as const);
  return new Refusal({ code: 'invalid', errors: Object.fromEntries(errors) });
}
