import { describe, expect, it } from 'vitest';
import { chainAudit } from './chain.ts';
import { fakeAudit, quietLog } from './test-helper.ts';
import { CHAIN_START, verifyAudit } from './verify.ts';

describe('the audit chain', () => {
  it('numbers what was written, in order, and a second run finds nothing to do', async () => {
    const audit = fakeAudit();
    audit.add(1203);
    const head = await chainAudit({ audit, log: quietLog });
    expect(head.number).toBe(1203);
    expect(await chainAudit({ audit, log: quietLog })).toEqual(head);
    expect(await verifyAudit(audit)).toEqual({ ok: true, entries: 1203, personsErased: 0, head });
  });

  it('goes on where it stopped, and an empty log holds', async () => {
    const audit = fakeAudit();
    expect(await verifyAudit(audit)).toEqual({ ok: true, entries: 0, personsErased: 0, head: CHAIN_START });
    audit.add(2);
    await chainAudit({ audit, log: quietLog });
    audit.add(3);
    await chainAudit({ audit, log: quietLog });
    expect(await verifyAudit(audit)).toMatchObject({ ok: true, entries: 5 });
  });

  it('tells the log the head when it moved, and only then', async () => {
    const lines: unknown[] = [];
    const log = { info: (fields: unknown) => void lines.push(fields) };
    const audit = fakeAudit();
    audit.add(1);
    const head = await chainAudit({ audit, log });
    await chainAudit({ audit, log });
    expect(lines).toEqual([{ auditNumber: 1, auditHash: head.hash }]);
  });

  it('leaves the rest to the next run when another server was faster', async () => {
    const audit = fakeAudit();
    audit.add(3);
    const slow = { ...audit, head: async () => CHAIN_START };
    await chainAudit({ audit, log: quietLog });
    audit.add(1);
    await chainAudit({ audit: slow, log: quietLog });
    expect((await audit.head()).number).toBe(3);
    await chainAudit({ audit, log: quietLog });
    expect(await verifyAudit(audit)).toMatchObject({ ok: true, entries: 4 });
  });

  it('holds after a person was erased, and counts them', async () => {
    const audit = fakeAudit();
    audit.add(3);
    await chainAudit({ audit, log: quietLog });
    audit.persons.delete(2);
    expect(await verifyAudit(audit)).toMatchObject({ ok: true, personsErased: 1 });
  });
});
