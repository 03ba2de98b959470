import { describe, expect, it } from 'vitest';
import { chainAudit, hashEntry, hashPerson } from './chain.ts';
import type { AuditEvent } from './event.ts';
import { fakeAudit } from './test-helper.ts';
import { CHAIN_START, verifyAudit } from './verify.ts';

async function chained(count: number) {
  const audit = fakeAudit();
  audit.add(count);
  const head = await chainAudit(audit);
  return { ...audit, first: head };
}

const rowOf = <Row>(rows: Row[], index: number): Row => {
  const row = rows[index];
  if (row === undefined) throw new Error('No such row.');
  return row;
};

describe('somebody who can write to the database', () => {
  const changes: Partial<AuditEvent>[] = [
    { id: 700 },
    { event: 'token.revoked' },
    { atMs: 1 },
    { actor: 'operator' },
    { accountId: 13 },
    { userId: null },
    { credentialId: 4 },
    { requestId: null },
    { reason: 'none' },
    { details: '{} ' },
    { personHash: null },
    { hash: 'f'.repeat(64) },
  ];
  it.each(changes)('is caught changing %o, and the entry is named', async (change) => {
    const { rows, persons, ...audit } = await chained(5);
    if (change.personHash === null) persons.delete(3);
    Object.assign(rowOf(rows, 2), change);
    expect(await verifyAudit(audit)).toMatchObject({ ok: false, fault: 'changed_entry', number: 3 });
  });

  it('is caught deleting an entry, or taking its number away', async () => {
    const deleted = await chained(5);
    deleted.rows.splice(1, 1);
    expect(await verifyAudit(deleted)).toMatchObject({ ok: false, fault: 'missing_entry', number: 2 });
    const unnumbered = await chained(5);
    rowOf(unnumbered.rows, 1).number = null;
    expect(await verifyAudit(unnumbered)).toMatchObject({ ok: false, fault: 'missing_entry', number: 2 });
  });

  it('is caught cutting off the end, and setting the head back to hide it once a head was noted', async () => {
    const { rows, setHead, first, ...audit } = await chained(5);
    rows.splice(3);
    expect(await verifyAudit(audit)).toMatchObject({ ok: false, fault: 'missing_entry', number: 4 });
    setHead({ number: 3, hash: rowOf(rows, 2).hash ?? '' });
    expect(await verifyAudit(audit)).toMatchObject({ ok: true, entries: 3 });
    expect(await verifyAudit(audit, { noted: [first] })).toMatchObject({ ok: false, fault: 'missing_entry', number: 4 });
  });

  it('is caught writing the whole chain anew, by a head that the log has kept', async () => {
    const { rows, setHead, first, ...audit } = await chained(5);
    rowOf(rows, 1).actor = 'operator';
    let head = CHAIN_START;
    for (const row of rows) {
      head = { number: head.number + 1, hash: hashEntry(head.hash, head.number + 1, row) };
      row.hash = head.hash;
    }
    setHead(head);
    expect(await verifyAudit(audit)).toMatchObject({ ok: true });
    expect(await verifyAudit(audit, { noted: [first] })).toMatchObject({ ok: false, fault: 'other_chain', number: 5 });
  });

  it('is caught with a head that fits nothing, or left behind its entries', async () => {
    const wrong = await chained(3);
    wrong.setHead({ number: 3, hash: '1'.repeat(64) });
    expect(await verifyAudit(wrong)).toMatchObject({ ok: false, fault: 'wrong_head' });
    const behind = await chained(3);
    behind.setHead({ number: 2, hash: rowOf(behind.rows, 1).hash ?? '' });
    expect(await verifyAudit(behind)).toMatchObject({ ok: false, fault: 'wrong_head', number: 3 });
  });

  it('is caught changing personal data, its salt, or adding some where there was none', async () => {
    const data = await chained(3);
    data.persons.set(2, { eventId: 2, salt: (2).toString(16).padStart(32, '0'), data: '{"address":"198.51.100.1"}' });
    expect(await verifyAudit(data)).toMatchObject({ ok: false, fault: 'changed_person', number: 2, eventId: 2 });
    const salt = await chained(3);
    salt.persons.set(2, { eventId: 2, salt: '0'.repeat(32), data: salt.persons.get(2)?.data ?? '' });
    expect(await verifyAudit(salt)).toMatchObject({ ok: false, fault: 'changed_person' });
  });

  it('cannot move text from the salt into the data', () => {
    expect(hashPerson('00'.repeat(16), 'abc')).not.toBe(hashPerson('00'.repeat(15), '\0abc'.slice(1)));
  });
});
