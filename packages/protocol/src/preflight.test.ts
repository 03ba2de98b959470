import { expect, it } from 'vitest';
import { isPreflight } from './preflight.ts';

const BOTH = { overrides: [], hasOrigin: true, hasRequestMethod: true };

it('takes for a preflight only OPTIONS with both headers, and no other method beside it', () => {
  expect(isPreflight('OPTIONS', BOTH)).toBe(true);
  for (const method of ['GET', 'options', 'DELETE', '']) expect([method, isPreflight(method, BOTH)]).toEqual([method, false]);
  expect(isPreflight('OPTIONS', { ...BOTH, hasOrigin: false })).toBe(false);
  expect(isPreflight('OPTIONS', { ...BOTH, hasRequestMethod: false })).toBe(false);
  expect(isPreflight('OPTIONS', { ...BOTH, overrides: ['DELETE'] })).toBe(false);
});
