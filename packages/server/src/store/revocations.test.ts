/** The list of changes as the feed and newly started readers read it, on both databases. */
import { randomBytes } from 'node:crypto';
import { makeJti } from '@keyhouse/protocol';
import { beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;

eachDatabase('the revocations that have not ended', (makeDatabase) => {
  let store: OpenedStore;
  beforeAll(async () => {
    store = await (await makeDatabase()).open();
  });

  it('are read page by page as they are read at once', async () => {
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    for (let number = 0; number < 23; number++) {
      const jti = makeJti(NOW, randomBytes);
      const event = { event: 'jwt.revoked', atMs: NOW, by, details: { jti } } as const;
      await store.jwts.revokeUnrecorded({
        revoked: { kind: 'jti', id: jti, endsAtMs: NOW + (number % 2) * 1000 },
        nowMs: NOW,
        event,
      });
    }
    const all = await store.changes.activeRevocations(NOW);
    expect(all.revocations).toHaveLength(11);
    const paged: (typeof all.revocations)[number][] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page = await store.changes.activeRevocations(NOW, { after, limit: 4 });
      expect(page.position).toBe(all.position);
      paged.push(...page.revocations);
      after = page.next;
    }
    expect(paged).toEqual(all.revocations);
  });
});
