import { expect, it } from 'vitest';
import { sessionEndMs } from './session.ts';

const session = { refreshedAtMs: 50_000, createdAtMs: 10_000 } as Parameters<typeof sessionEndMs>[0]['session'];
const endOf = (idleSeconds: number | null, absoluteSeconds: number | null) =>
  sessionEndMs({ session, application: { permissions: null, verifiedAtMs: null, idleSeconds, absoluteSeconds } });

it('ends by the earlier of its limits: the idle one from its last refresh, the absolute one from its beginning', () => {
  expect(endOf(null, null)).toBeNull();
  expect(endOf(60, null)).toBe(110_000);
  expect(endOf(null, 60)).toBe(70_000);
  expect(endOf(60, 60)).toBe(70_000);
  expect(endOf(10, 60)).toBe(60_000);
});
