import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../../server/src/core/audit/event.ts';
import type { RefusalReason } from '../../../server/src/core/caller.ts';
import type { EndReason } from '../../../server/src/core/sessions/session.ts';
import { ENDS, EVENTS, REASONS } from './events.ts';
import type { AuditRow } from './queries.ts';
import { sentenceOf } from './sentence.ts';

const row = (part: Partial<AuditRow>): AuditRow => ({
  id: 1,
  event: 'key.rotated',
  at: '2027-11-22T00:00:00Z',
  account_id: 3,
  actor: 'user:7',
  actor_name: 'Ada',
  user_id: null,
  user_name: null,
  credential_id: 12,
  credential_name: 'Billing',
  request_id: null,
  reason: null,
  details: {},
  path: null,
  explanation: null,
  address: null,
  user_agent: null,
  number: null,
  ...part,
});
const said = (part: Partial<AuditRow>): string =>
  sentenceOf(row(part))
    .map(({ text }) => text)
    .join('');

/** The compiler reports a reason of the server that is not here. */
const OF_CREDENTIALS: Readonly<Record<RefusalReason, true>> = {
  malformed: true,
  unknown: true,
  revoked: true,
  expired: true,
  unused: true,
  superseded: true,
  owner_disabled: true,
  account_suspended: true,
  address_not_allowed: true,
  signature: true,
  unknown_key: true,
  type: true,
  issuer: true,
  audience: true,
  not_yet_valid: true,
  claims: true,
};
/** Of the door, and of guards, which judge by themselves. */
const OF_REQUESTS = ['missing', 'two_credentials', 'plain_http', 'scheme', 'client', 'forbidden', 'role'];
const OF_GUARDS = ['inactive', 'environment', 'stale', 'issuer_away'];
const OF_SIGNING_IN = ['unknown-user', 'wrong-password', 'wrong-code', 'too-many-tries', 'changed-meanwhile', 'disabled'];

describe('the words of the audit log', () => {
  it('has a sentence for every event that the server can record, and for no other', () => {
    expect(Object.keys(EVENTS).sort()).toEqual([...EVENT_NAMES].sort());
  });

  it('has words for every reason of a refusal', () => {
    expect(Object.keys(REASONS).sort()).toEqual(
      [...Object.keys(OF_CREDENTIALS), ...OF_SIGNING_IN, ...OF_REQUESTS, ...OF_GUARDS].sort(),
    );
  });

  it('has words for every end of a session', () => {
    const ends: Readonly<Record<EndReason, true>> = {
      'signed-out': true,
      revoked: true,
      'grant-ended': true,
      'application-deleted': true,
      'user-ended': true,
      'password-changed': true,
      'left-account': true,
      'account-deleted': true,
      reused: true,
      'code-reused': true,
      idle: true,
      'too-old': true,
      'too-many': true,
    };
    expect(Object.keys(ENDS).sort()).toEqual(Object.keys(ends).sort());
  });

  it.each(['__proto__', 'constructor', 'toString'])('shows a name that every object knows as it is: %s', (name) => {
    expect(said({ event: 'request.refused', reason: name })).toContain(name);
    expect(said({ event: name, reason: null })).toContain(name);
    expect(said({ event: 'request.refusals_counted', reason: `request.refused: ${name}` })).toContain(name);
  });

  it('never leaves a gap in a sentence', () => {
    for (const event of EVENT_NAMES)
      for (const about of [
        {},
        { user_id: 7, user_name: 'Ada' },
        { user_id: 8, user_name: null },
        { actor: 'anonymous', user_id: 7 },
      ])
        expect(said({ event, reason: 'expired', ...about })).not.toMatch(/[{}]|undefined|null|\[object/);
  });

  it.each<[string, Partial<AuditRow>]>([
    ['Ada rotated the key Billing', {}],
    [
      'The key Billing was rejected: it lacks a permission',
      { event: 'request.refused', actor: 'key:12', actor_name: 'Billing', reason: 'forbidden' },
    ],
    [
      'A JWT of the key Billing was rejected: it has expired',
      { event: 'request.refused', actor: 'key:12', actor_name: 'Billing', reason: 'expired', details: { kind: 'jwt' } },
    ],
    [
      'Ada changed the role of Ben from viewer to admin',
      { event: 'member.role_changed', user_id: 8, user_name: 'Ben', details: { before: 'viewer', role: 'admin' } },
    ],
    [
      'Ada verified the application Reader',
      { event: 'application.verified', details: { application: 'Reader', client_id: 'app_x' } },
    ],
    [
      'Ada signed in to the application app_x',
      { event: 'session.opened', user_id: 7, user_name: 'Ada', details: { client_id: 'app_x', session: 's' } },
    ],
    [
      'Ada set a new password',
      { event: 'user.password_changed', actor: 'anonymous', actor_name: null, user_id: 7, user_name: 'Ada' },
    ],
    [
      'Requests of strangers were rejected 3 × within a minute: it is unknown',
      {
        event: 'request.refusals_counted',
        actor: 'server',
        actor_name: null,
        reason: 'request.refused: unknown',
        details: { count: 3 },
      },
    ],
  ])('says: %s', (sentence, part) => {
    expect(said(part)).toBe(sentence);
  });

  it('shows an event and a reason that it does not know as they are', () => {
    expect(said({ event: 'moon.landed' })).toBe('Ada: moon.landed');
    expect(said({ event: 'request.refused', reason: 'solar_flare' })).toBe('Ada was rejected: solar_flare');
  });
});
