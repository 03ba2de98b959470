import { describe, expect, it } from 'vitest';
import { chainAudit, createHeadLog } from './chain.ts';
import { fakeAudit } from './test-helper.ts';
import { CHAIN_START, verifyAudit } from './verify.ts';

describe('the audit chain', () => {
  it('numbers what was written, in order, and a second run finds nothing to do', async () => {
    const audit = fakeAudit();
    audit.add(1203);
    const head = await chainAudit(audit);
    expect(head.number).toBe(1203);
    expect(await chainAudit(audit)).toEqual(head);
    expect(await verifyAudit(audit)).toEqual({ ok: true, entries: 1203, personsErased: 0, head });
  });

  it('goes on where it stopped, and an empty log holds', async () => {
    const audit = fakeAudit();
    expect(await verifyAudit(audit)).toEqual({ ok: true, entries: 0, personsErased: 0, head: CHAIN_START });
    audit.add(2);
    await chainAudit(audit);
    audit.add(3);
    await chainAudit(audit);
    expect(await verifyAudit(audit)).toMatchObject({ ok: true, entries: 5 });
  });

  it('tells the log the head when it moved, and only then', async () => {
    const lines: unknown[] = [];
    const logHead = createHeadLog({ info: (fields: unknown) => void lines.push(fields) });
    const audit = fakeAudit();
    logHead(await chainAudit(audit));
    audit.add(1);
    const head = logHead(await chainAudit(audit));
    logHead(await chainAudit(audit));
    expect(lines).toEqual([{ auditNumber: 1, auditHash: head.hash }]);
  });

  it('leaves the rest to the next run when another server was faster', async () => {
    const audit = fakeAudit();
    audit.add(3);
    const slow = { ...audit, head: async () => CHAIN_START };
    await chainAudit(audit);
    audit.add(1);
    await chainAudit(slow);
    expect((await audit.head()).number).toBe(3);
    await chainAudit(audit);
    expect(await verifyAudit(audit)).toMatchObject({ ok: true, entries: 4 });
  });

  it('holds after a person was erased, and counts them', async () => {
    const audit = fakeAudit();
    audit.add(3);
    await chainAudit(audit);
    audit.persons.delete(2);
    expect(await verifyAudit(audit)).toMatchObject({ ok: true, personsErased: 1 });
  });
});
