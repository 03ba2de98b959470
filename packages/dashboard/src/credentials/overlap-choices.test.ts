import { expect, test } from 'vitest';
import { extensionsOf } from './overlap-choices.ts';

const ROTATED = '2026-11-23T10:00:00Z';
const after = (hours: number): number => Date.parse(ROTATED) + hours * 3_600_000;

test('an overlap is never offered beyond 7 days after the rotation', () => {
  expect(extensionsOf(ROTATED, after(0))).toEqual(['3600', '86400', '259200', '604800']);
  expect(extensionsOf(ROTATED, after(5 * 24))).toEqual(['3600', '86400', '604800']);
  expect(extensionsOf(ROTATED, after(7 * 24 - 2))).toEqual(['3600', '604800']);
  expect(extensionsOf(ROTATED, after(7 * 24 - 1))).toEqual(['604800']);
});
