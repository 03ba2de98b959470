/** For tests of this room: an audit log in memory whose rows a test may tamper with. */
import { hashPerson } from './chain.ts';
import type { AuditEvent, AuditStore, PersonRow } from './event.ts';

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

export function fakeAudit() {
  const rows: Writable<AuditEvent>[] = [];
  const persons = new Map<number, PersonRow>();
  let head = { number: 0, hash: '0'.repeat(64) };
  const byNumber = () => rows.filter((row) => row.number !== null).sort((a, b) => (a.number ?? 0) - (b.number ?? 0));

  const store: Pick<AuditStore, 'head' | 'unchained' | 'chain' | 'chained'> = {
    head: async () => head,
    unchained: async (limit) => rows.filter((row) => row.number === null).slice(0, limit),
    async chain({ from, entries }) {
      if (head.number !== from) return false;
      for (const { id, number, hash } of entries) Object.assign(rows.find((row) => row.id === id) ?? {}, { number, hash });
      const last = entries.at(-1);
      if (last !== undefined) head = { number: last.number, hash: last.hash };
      return true;
    },
    chained: async (after, limit) =>
      byNumber()
        .filter((row) => (row.number ?? 0) > after)
        .slice(0, limit)
        .map((row) => ({ ...row, personRow: persons.get(row.id) ?? null })),
  };

  function add(count: number): void {
    for (let left = count; left > 0; left--) {
      const id = rows.length + 1;
      const salt = id.toString(16).padStart(32, '0');
      const data = JSON.stringify({ address: '203.0.113.7' });
      persons.set(id, { eventId: id, salt, data });
      rows.push({
        id,
        event: 'token.created',
        atMs: 1_700_000_000_000 + id,
        actor: 'user:7',
        accountId: 12,
        userId: 7,
        credentialId: id,
        requestId: 'request',
        reason: null,
        details: '{}',
        personHash: hashPerson(salt, data),
        number: null,
        hash: null,
      });
    }
  }

  function setHead(to: { number: number; hash: string }): void {
    head = to;
  }

  return { ...store, rows, persons, add, setHead };
}
