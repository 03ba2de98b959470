import { describe, expect, it } from 'vitest';
import type { RefusedCredential } from '../caller.ts';
import { detailsOf, showablePath } from './decision.ts';
import type { ListedEvent } from './event.ts';
import { explainRefusal } from './explain.ts';

const key: RefusedCredential = {
  ...{ kind: 'key' as const, credentialId: 55, accountId: 12, userId: null, permissions: ['invoices.read'] },
  ...{ expiresAtMs: Date.UTC(2026, 0, 2, 3, 4), addresses: ['203.0.113.0/24'], environment: 'live' as const },
};
const names = { credential: 'billing', account: 'Acme' };

function refusal(reason: string, details: string, change: Partial<ListedEvent> = {}): ListedEvent {
  return {
    ...{ id: 1, event: 'request.refused', atMs: 0, actor: 'key:55', accountId: 12, userId: null, credentialId: 55 },
    ...{ requestId: 'r-1', reason, details, personHash: null, number: null, hash: null },
    person: { address: '198.51.100.7' },
    ...change,
  };
}
const of = (judged: Partial<Parameters<typeof detailsOf>[0]> = {}, refused: RefusedCredential | null = key) =>
  JSON.stringify(detailsOf({ method: null, guardKeyId: null, ...judged }, refused));
const say = (reason: string, judged: Partial<Parameters<typeof detailsOf>[0]> = {}) =>
  explainRefusal(refusal(reason, of(judged)), names).sentence;
const sayOfStranger = (reason: string, judged: Partial<Parameters<typeof detailsOf>[0]> = {}) =>
  explainRefusal(refusal(reason, of(judged, null), { actor: 'anonymous', accountId: null, credentialId: null }), {
    credential: null,
    account: null,
  }).sentence;

const WHAT = 'key 55 (“billing”) of account 12 (Acme)';

describe('a refusal in plain words', () => {
  it('says what was held and what was wanted', () => {
    expect(say('forbidden', { wanted: ['invoices.write'], lacking: 'invoices.write' })).toBe(
      `Refused with 403: ${WHAT} holds invoices.read; the request asked for invoices.write.`,
    );
  });

  it('says which request it was and that a guard judged it', () => {
    const event = refusal('revoked', of({ method: 'GET', guardKeyId: 3 }), { person: { path: '/api/invoices' } });
    expect(explainRefusal(event, names).sentence).toBe(
      `Refused with 401: ${WHAT} was revoked. The request was GET /api/invoices. A guard judged it.`,
    );
  });

  it.each([
    ['revoked', `401: ${WHAT} was revoked.`],
    ['expired', `401: ${WHAT} has expired, at 2026-01-02 03:04 UTC.`],
    ['unused', `401: ${WHAT} was not used for 90 days.`],
    ['superseded', `401: ${WHAT} was rotated, and this is its old secret, whose overlap is over.`],
    ['owner_disabled', `401: the owner of ${WHAT} is disabled.`],
    ['address_not_allowed', `401: ${WHAT} may not be used from 198.51.100.7; it allows 203.0.113.0/24.`],
    ['audience', `401: ${WHAT} is for another audience.`],
    ['environment', `401: ${WHAT} is for another environment than this API takes.`],
    ['not_yet_valid', `401: the time of ${WHAT} has not come; compare the clocks.`],
    ['stale', '503: the guard had not heard of revocations for longer than this route allows.'],
    ['issuer_away', '503: the guard had to ask Keyhouse about the credential, and got no answer.'],
    ['some_new_word', `401: ${WHAT} was refused: some new word.`],
  ])('knows %s', (reason, sentence) => expect(say(reason)).toBe(`Refused with ${sentence}`));

  it.each([
    ['missing', 'none', '401: no credential was sent.'],
    ['unknown', 'key', '401: nobody here knows this API key; its form is right, and it was not made on this server, or is gone.'],
    [
      'malformed',
      'jwt',
      '401: what was sent is no credential of this server (it looks like a JWT); it may be cut off, changed, or something else.',
    ],
    ['signature', 'jwt', '401: the signature of the JWT is wrong: it was changed, or not signed by this server.'],
    ['plain_http', 'token', '403: the credential came over plain HTTP from another machine.'],
    ['two_credentials', 'none', '401: the request carried two Authorization headers, and nobody can say which one counts.'],
  ] as const)('knows %s of a stranger', (reason, shape, sentence) =>
    expect(sayOfStranger(reason, { shape })).toBe(`Refused with ${sentence}`),
  );

  it.each([
    ['no_route', 'no route pattern fits the path, so nobody knows which permission it needs.'],
    ['ambiguous', 'method or path of the request can be read in two ways.'],
    ['nothing_to_judge', 'the gateway did not say which method and path the request had.'],
  ])('knows that nothing could be judged: %s', (lacking, sentence) =>
    expect(say('forbidden', { lacking })).toBe(`Refused with 403: ${sentence}`),
  );

  it('says what it can of a record from before there was more', () => {
    expect(explainRefusal(refusal('forbidden', '{"kind":"key","lacking":"crm.read"}'), names).sentence).toBe(
      `Refused with 403: ${WHAT} lacked crm.read.`,
    );
  });
});

describe('a path on record', () => {
  it.each([
    ['/api/invoices?token=abc', '/api/invoices'],
    ['/api/invoices#x', '/api/invoices'],
    ['/reset/kh_live_abcdef/x', '/reset/[secret]/x'],
    ['/reset/%6bh_live_abcdef', '/reset/[secret]'],
    ['/t/12%7Cabcdef', '/t/[secret]'],
    ['/t/12|abcdef', '/t/[secret]'],
    ['/jwt/eyJhbGciOiJFUzI1NiJ9.e30.x', '/jwt/[secret]'],
    ['/a\u0000b\u001b[31m\u202e', '/a?b?[31m?'],
    ['/\ud800x', '/?x'],
    ['/%zz', '/%zz'],
  ])('%j is shown as %j', (path, shown) => expect(showablePath(path)).toBe(shown));

  it('is short', () => expect(showablePath(`/${'😀'.repeat(5000)}`)).toHaveLength(1 + 199 * 2));
});
