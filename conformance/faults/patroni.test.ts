/** One fail-over; `npm run conformance:faults` has many, and those to a standby that has fallen behind. */
import { describe, expect, it } from 'vitest';
import { failOver } from './patroni.ts';
import { missingForPatroni } from './patroni-cluster.ts';

const missing = missingForPatroni();
const name = 'a primary whose machine is gone, with Patroni and a synchronous standby';
describe.skipIf(missing !== null)(missing === null ? name : `[needs ${missing}] ${name}`, () => {
  it('loses nothing that was acknowledged, and two servers and their guards go on by themselves', async () => {
    const { faults, figures, acknowledged } = await failOver(1, { replication: 'synchronous', acts: 40 });
    console.log(figures);
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(2 * 40);
  });
});
