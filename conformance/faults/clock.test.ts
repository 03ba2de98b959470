/** Each step once; `npm run conformance:faults` has many. */
import { describe, expect, it } from 'vitest';
import { setClocks } from './clock.ts';
import { missingCompiler } from './preload.ts';

const missing = missingCompiler();
const name = 'a wall clock that is set under a running server';
describe.skipIf(missing !== null)(missing === null ? name : `[needs ${missing}] ${name}`, () => {
  it('revives nothing that was revoked, and loses nothing that is active', async () => {
    const { faults, figures, acknowledged } = await setClocks(4, { acts: 25 });
    console.log(figures);
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(4 * 25);
  });
});
