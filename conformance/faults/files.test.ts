/** Each trick once; `npm run conformance:faults` has many. */
import { describe, expect, it } from 'vitest';
import { trickFiles } from './files.ts';

describe('a database file that is moved, cut or replaced under a server', () => {
  it('takes no write into a file that is gone, and goes on where it was', async () => {
    const { faults, figures, acknowledged } = await trickFiles(5, { acts: 20 });
    console.log(figures);
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(5 * 2 * 20);
  });
});
