import { expect, it } from 'vitest';
import { DAY_MS } from '../lib/clock.ts';
import { PermissionUseRecorder } from './permission-use.ts';

const NOW = 1000 * DAY_MS;
const usesOf = (recorder: PermissionUseRecorder) => recorder.take().map(({ use }) => use);

it('adds up the uses of each permission of each credential, in the order of the table, and begins anew when they are taken', () => {
  const recorder = new PermissionUseRecorder();
  recorder.record(2, 'b.read', NOW);
  recorder.record(1, 'b.read', NOW, 3);
  recorder.record(1, 'a.read', NOW);
  recorder.record(1, 'b.read', NOW + 1000);
  expect(recorder.waiting).toBe(3);
  expect(usesOf(recorder)).toEqual([
    { credentialId: 1, permission: 'a.read', day: 1000, requests: 1, lastUsedAtMs: NOW },
    { credentialId: 1, permission: 'b.read', day: 1000, requests: 4, lastUsedAtMs: NOW + 1000 },
    { credentialId: 2, permission: 'b.read', day: 1000, requests: 1, lastUsedAtMs: NOW },
  ]);
  expect(usesOf(recorder)).toEqual([]);
  recorder.record(1, 'a.read', NOW + 2000);
  expect(usesOf(recorder)).toMatchObject([{ permission: 'a.read', requests: 1 }]);
});

it('never moves the last use back, whatever is told late', () => {
  const recorder = new PermissionUseRecorder();
  recorder.record(1, 'a.read', NOW);
  recorder.record(1, 'a.read', NOW - DAY_MS);
  expect(usesOf(recorder)).toMatchObject([{ requests: 2, lastUsedAtMs: NOW }]);
});

it('keeps what could not be written, and adds to it what came since', () => {
  const recorder = new PermissionUseRecorder();
  recorder.record(1, 'a.read', NOW, 2);
  const taken = recorder.take();
  recorder.record(1, 'a.read', NOW + 1000);
  recorder.giveBack(taken);
  expect(usesOf(recorder)).toMatchObject([{ requests: 3, lastUsedAtMs: NOW + 1000 }]);
});

it('counts no more than two hundred names of one credential in a day, and other names a day later', () => {
  const recorder = new PermissionUseRecorder();
  for (let nth = 0; nth < 201; nth++) recorder.record(1, `p${nth}.read`, NOW);
  recorder.record(2, 'p200.read', NOW);
  expect(usesOf(recorder)).toHaveLength(201);
  recorder.record(1, 'p200.read', NOW);
  expect(usesOf(recorder)).toEqual([]);
  recorder.record(1, 'p200.read', NOW + DAY_MS);
  expect(usesOf(recorder)).toMatchObject([{ credentialId: 1, permission: 'p200.read' }]);
});
