import type { LeaseStore } from '../core/store.ts';
import type { Act } from './act.ts';

export const leasesActs = {
  async takeLease(act: Act, input: Parameters<LeaseStore['takeLease']>[0]): Promise<boolean> {
    const row = await act.db
      .insertInto('leases')
      .values({ job: input.job, holder: input.holder, until_ms: input.untilMs })
      .onConflict((conflict) =>
        conflict
          .column('job')
          .doUpdateSet({ holder: input.holder, until_ms: input.untilMs })
          .where((eb) => eb.or([eb('leases.holder', '=', input.holder), eb('leases.until_ms', '<=', input.nowMs)])),
      )
      .returning('holder')
      .executeTakeFirst();
    return row !== undefined;
  },
};
