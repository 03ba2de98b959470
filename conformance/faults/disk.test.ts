/** Each way in which the disk fails, once; `npm run conformance:faults` has many. */
import { describe, expect, it } from 'vitest';
import { failDisk } from './disk.ts';
import { missingCompiler } from './preload.ts';

const missing = missingCompiler();
const name = 'a disk that fails under the database';
describe.skipIf(missing !== null)(missing === null ? name : `[needs ${missing}] ${name}`, () => {
  it('makes no answer a lie; what is read goes on, and the server heals or says why not', async () => {
    const { faults, figures, acknowledged } = await failDisk(4);
    console.log(figures);
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(4 * 30);
  });
});
