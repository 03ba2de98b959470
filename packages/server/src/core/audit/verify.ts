/** Reads the whole chain and says whether it is intact, or names the first entry that is not. It changes nothing. */
import { type Head, hashEntry, hashPerson } from './chain.ts';
import type { AuditEvent, AuditStore, PersonRow } from './event.ts';

export type AuditFault =
  /** A number is missing: the entry was deleted, or lost its number. */
  | 'missing_entry'
  /** A column, or the hash itself, is not what was chained. */
  | 'changed_entry'
  /** The personal data of the entry does not match the entry's hash of it. */
  | 'changed_person'
  /** The entries are intact, but the head does not match them. */
  | 'wrong_head'
  /** The chain is consistent in itself, but does not contain a head that was noted earlier: it was rewritten. */
  | 'other_chain';

export type AuditVerdict =
  | { readonly ok: true; readonly entries: number; readonly personsErased: number; readonly head: Head }
  | { readonly ok: false; readonly fault: AuditFault; readonly number: number; readonly eventId: number | null };

/** What each means, after "Entry 7 is broken:". */
export const AUDIT_FAULT_SENTENCES: Readonly<Record<AuditFault, string>> = {
  missing_entry: 'it is missing: it was deleted, or its number was removed',
  changed_entry: 'it was changed after it was chained: a column or its hash is different',
  changed_person: 'its personal data was changed',
  wrong_head: 'the entries are intact, but the head does not match them',
  other_chain: 'the chain is consistent, but does not contain the given head: it was rewritten',
};

export const CHAIN_START: Head = { number: 0, hash: '0'.repeat(64) };
const PAGE = 500;
const SALT = /^[0-9a-f]{32}$/;

/**
 * Verifies every entry up to the current head; what is chained during the check is left to the next run. `noted`: heads from the
 * server's log, which only an unbroken history can contain.
 */
export async function verifyAudit(
  audit: Pick<AuditStore, 'head' | 'chained'>,
  { noted = [] }: { noted?: readonly Head[] } = {},
): Promise<AuditVerdict> {
  const head = await audit.head();
  let last = CHAIN_START;
  let personsErased = 0;
  while (last.number < head.number) {
    const page = await audit.chained(last.number, PAGE);
    if (page.length === 0) return broken('missing_entry', last.number + 1, null);
    for (const entry of page.slice(0, head.number - last.number)) {
      const number = last.number + 1;
      const fault = faultOf(entry, last);
      if (fault !== null) return broken(fault, number, fault === 'missing_entry' ? null : entry.id);
      last = { number, hash: entry.hash ?? '' };
      if (noted.some((one) => one.number === number && one.hash !== last.hash)) return broken('other_chain', number, entry.id);
      if (entry.personHash !== null && entry.personRow === null) personsErased++;
    }
  }
  if (last.hash !== head.hash) return broken('wrong_head', head.number, null);
  if (await hasEntryAfter(audit, head)) return broken('wrong_head', head.number + 1, null);
  const beyond = noted.find((one) => one.number > head.number);
  if (beyond !== undefined) return broken('missing_entry', head.number + 1, null);
  return { ok: true, entries: head.number, personsErased, head };
}

function faultOf(entry: AuditEvent & { personRow: PersonRow | null }, last: Head): AuditFault | null {
  if (entry.number !== last.number + 1) return 'missing_entry';
  if (entry.hash !== hashEntry(last.hash, entry.number, entry)) return 'changed_entry';
  return personHolds(entry) ? null : 'changed_person';
}

function personHolds({ personHash, personRow }: { personHash: string | null; personRow: PersonRow | null }): boolean {
  if (personRow === null) return true;
  return SALT.test(personRow.salt) && personHash === hashPerson(personRow.salt, personRow.data);
}

/** An entry beyond the head is a fault only if the head, read again, is still before it. */
async function hasEntryAfter(audit: Pick<AuditStore, 'head' | 'chained'>, head: Head): Promise<boolean> {
  const [extra] = await audit.chained(head.number, 1);
  return extra !== undefined && (await audit.head()).number === head.number;
}

function broken(fault: AuditFault, number: number, eventId: number | null): AuditVerdict {
  return { ok: false, fault, number, eventId };
}
