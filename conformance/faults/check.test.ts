/** The harness by itself: a check that cannot fail would prove nothing. Each thing is spoilt as a fault would, and must be found. */
import SQLite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Kind, Thing, ThingState } from './ledger.ts';
import { Scene } from './scene.ts';

const ACTS = 120;

describe('the checks', () => {
  it('find whatever is not as the ledger says', async () => {
    const scene = new Scene();
    try {
      await scene.newPerson();
      await scene.start();
      const isOf = (thing: Thing, kind: Kind, state: ThingState): boolean =>
        thing.kind === kind && thing.state === state && scene.ledger.account.findState(thing, Date.now()) === state;
      // Two of each: one of them is deleted below.
      const hasTwo = (kind: Kind, state: ThingState): boolean =>
        [...scene.ledger.account.things.values()].filter((thing) => isOf(thing, kind, state)).length > 1;
      const isEnough = (): boolean =>
        (['key', 'jwt', 'session'] as const).every((kind) => hasTwo(kind, 'active') && hasTwo(kind, 'ended'));
      do await scene.write(ACTS);
      while (!isEnough());
      await scene.check({ all: true });
      expect(await scene.stop()).toEqual([0]);
      await scene.checkDatabase();
      expect(scene.faults).toEqual([]);

      spoil(scene.file);
      await scene.checkDatabase();
      const found = scene.faults.splice(0).join('\n');
      for (const words of [
        'is revoked',
        'is not revoked',
        'is not recorded',
        'has not ended',
        'is ended',
        'redeemed and is not used up',
        'sessions',
        'audit chain is broken',
      ])
        expect(found).toContain(words);

      await scene.start();
      await scene.check({ all: true });
      const said = scene.faults.join('\n');
      for (const words of ['lost: key', 'active again: key', 'active again: session', 'refresh was answered 400'])
        expect(said).toContain(words);
    } finally {
      await scene.end();
    }
  });
});

/** What was active has ended, what had ended is active, and what was recorded is gone. */
function spoil(file: string): void {
  const database = new SQLite(file);
  database.exec(`
    UPDATE credentials SET revoked_at_ms = CASE WHEN revoked_at_ms IS NULL THEN 1 END WHERE kind = 'key';
    UPDATE sessions SET ended_at_ms = CASE WHEN ended_at_ms IS NULL THEN 1 END, end_reason = 'revoked';
    UPDATE jwts SET revoked_at_ms = NULL;
    DELETE FROM jwts WHERE jti IN (SELECT jti FROM jwts ORDER BY issued_at_ms DESC LIMIT 40);
    UPDATE authorization_codes SET session_id = NULL;
    DELETE FROM changes;
    DELETE FROM audit_events WHERE number = 3;
  `);
  database.exec('DELETE FROM sessions WHERE id IN (SELECT id FROM sessions LIMIT 1)');
  database.close();
}
