/** The catalogue: which permissions exist, with a sentence for people. It is replaced as a whole. */
import { isPermission, isReserved, isWellFormedText } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { CataloguedPermission, PermissionsStore } from './catalogue.ts';
import { type Members, type Read, readEntries, unknownMembers } from './entries.ts';

const MAX_CATALOGUE = 10_000;
/** It is shown in one line of a consent page. */
const MAX_SENTENCE_LENGTH = 200;

/**
 * Reads a list of `{name, sentence, grantable?, sensitive?}`; `value` is valid only if `faults` is empty. A permission is
 * grantable only if the entry says so: forgetting the member never opens a permission to applications.
 */
export function readPermissions(value: unknown): Read<CataloguedPermission> {
  return readEntries('permissions', value, MAX_CATALOGUE, readPermission, ({ name }) => name);
}

/** Replaces the catalogue by one that was read. With an empty one any well-formed permission exists. */
export async function setCatalogue(
  { permissions, clock }: { permissions: Pick<PermissionsStore, 'setPermissions'>; clock: Clock },
  { catalogue, by }: { catalogue: readonly CataloguedPermission[]; by: By },
): Promise<void> {
  const event = happened(by, clock.now(), 'permission.catalogue_set', { details: { count: catalogue.length } });
  await permissions.setPermissions({ permissions: catalogue, event });
}

function readPermission(members: Members): { value: CataloguedPermission } | { faults: readonly string[] } {
  const { name, sentence, grantable: isGrantable = false, sensitive: isSensitive = false } = members;
  const faults = [...unknownMembers(members, ['name', 'sentence', 'grantable', 'sensitive'])];
  if (typeof name !== 'string' || !isPermission(name))
    faults.push('.name: a permission has the form invoices.read or invoices.write.');
  else if (isReserved(name)) faults.push('.name: names that begin with keyhouse. are reserved.');
  if (!isSentence(sentence))
    faults.push(`.sentence: 1 to ${MAX_SENTENCE_LENGTH} characters in one line, such as "See your invoices".`);
  if (typeof isGrantable !== 'boolean') faults.push('.grantable: true or false.');
  if (typeof isSensitive !== 'boolean') faults.push('.sensitive: true or false.');
  else if (isSensitive && isGrantable === false)
    faults.push('.sensitive: only verified applications may ask for a sensitive permission, so it must also be grantable.');
  if (faults.length > 0 || typeof name !== 'string' || !isSentence(sentence)) return { faults };
  return { value: { name, sentence, isGrantable: isGrantable === true, isSensitive: isSensitive === true } };
}

function isSentence(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && [...value].length <= MAX_SENTENCE_LENGTH && isWellFormedText(value);
}
