/** Each way once; `npm run conformance:faults` has more. */
import { describe, expect, it } from 'vitest';
import { setBack } from './set-back.ts';

describe('a PostgreSQL that goes back under two servers and their guards', () => {
  it('lets nothing in that was revoked from then on', async () => {
    const { faults, figures, acknowledged } = await setBack(3, { acts: 16 });
    console.log(figures);
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(3 * 4 * 16);
  });
});
