/**
 * Leases: which server does a job for now, so that no two servers do it at once. They are judged by the clocks of the servers.
 */
import type { LeaseStore } from '../core/store.ts';
import type { Act } from './act.ts';
import { putSetting } from './settings.ts';

/** The row that is written to see whether writing works; no job has this name. */
const TRIED = 'try-writing';

export const leasesActs = {
  async takeLease(act: Act, { job, holder, nowMs, forMs }: Parameters<LeaseStore['takeLease']>[0]): Promise<boolean> {
    const until_ms = nowMs + forMs;
    const row = await act.db
      .insertInto('leases')
      .values({ job, holder, until_ms })
      .onConflict((conflict) =>
        conflict
          .column('job')
          .doUpdateSet({ holder, until_ms })
          .where((eb) =>
            eb.or([
              eb('leases.holder', '=', holder),
              eb('leases.until_ms', '<=', nowMs),
              // No lease is that long: the clock of the server that took it was ahead, perhaps by years.
              eb('leases.until_ms', '>', nowMs + 2 * forMs),
            ]),
          ),
      )
      .returning('holder')
      .executeTakeFirst();
    return row !== undefined;
  },

  async moveSweepHorizon(act: Act, { nowMs, maxMs }: Parameters<LeaseStore['moveSweepHorizon']>[0]): Promise<number> {
    const known = await act.db.selectFrom('settings').select('value').where('name', '=', 'sweep_horizon_ms').executeTakeFirst();
    const horizonMs = known === undefined ? nowMs : Math.min(nowMs, Number(known.value) + maxMs);
    await putSetting(act.db, 'sweep_horizon_ms', String(horizonMs));
    return horizonMs;
  },

  async tryWriting(act: Act, { nowMs }: Parameters<LeaseStore['tryWriting']>[0]): Promise<void> {
    // Another value each time: SQLite writes nothing where nothing changes.
    await act.db
      .insertInto('leases')
      .values({ job: TRIED, holder: '', until_ms: nowMs })
      .onConflict((conflict) => conflict.column('job').doUpdateSet((eb) => ({ until_ms: eb('leases.until_ms', '+', 1) })))
      .execute();
  },
};
