import { describe, expect, it } from 'vitest';
import type { RefusedCredential } from '../caller.ts';
import { detailsOf, showablePath } from './decision.ts';
import type { ListedEvent } from './event.ts';
import { explainRefusal } from './explain.ts';
import { briefOfQuestion } from './explain-question.ts';

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
      `Refused with 403: ${WHAT} has invoices.read, but the request needed invoices.write.`,
    );
  });

  it('says which request it was and that a guard judged it', () => {
    const event = refusal('revoked', of({ method: 'GET', guardKeyId: 3 }), { person: { path: '/api/invoices' } });
    expect(explainRefusal(event, names).sentence).toBe(
      `Refused with 401: ${WHAT} was revoked. The request was GET /api/invoices. The refusal came from a guard.`,
    );
  });

  it.each([
    ['revoked', `401: ${WHAT} was revoked.`],
    ['expired', `401: ${WHAT} has expired, at 2026-01-02 03:04 UTC.`],
    ['unused', `401: ${WHAT} was not used for 90 days.`],
    ['superseded', `401: ${WHAT} was rotated, and this is its previous secret. The overlap has ended.`],
    ['owner_disabled', `401: the owner of ${WHAT} is disabled.`],
    ['address_not_allowed', `401: ${WHAT} may not be used from 198.51.100.7. It allows 203.0.113.0/24.`],
    ['audience', `401: ${WHAT} is for another audience.`],
    ['environment', `401: ${WHAT} is for another environment than this API accepts.`],
    ['not_yet_valid', `401: ${WHAT} is not valid yet. Compare the clocks.`],
    ['stale', '503: the guard had not received revocations for longer than this route allows.'],
    ['issuer_away', '503: the guard had to ask Keyhouse about the credential, but got no answer.'],
    ['some_new_word', `401: ${WHAT} was refused: some new word.`],
  ])('knows %s', (reason, sentence) => expect(say(reason)).toBe(`Refused with ${sentence}`));

  it.each([
    ['missing', 'none', '401: no credential was sent.'],
    [
      'unknown',
      'key',
      '401: this server does not know this API key. Its format is right, but it was not created on this server, or it was deleted.',
    ],
    [
      'malformed',
      'jwt',
      '401: what was sent is not a credential of this server (it looks like a JWT). It may be incomplete, changed, or something else.',
    ],
    ['signature', 'jwt', '401: the signature of the JWT is wrong. The JWT was changed, or this server did not sign it.'],
    ['plain_http', 'token', '403: the credential came over plain HTTP from another machine.'],
    ['two_credentials', 'none', '401: the request had two Authorization headers.'],
  ] as const)('knows %s of a stranger', (reason, shape, sentence) =>
    expect(sayOfStranger(reason, { shape })).toBe(`Refused with ${sentence}`),
  );

  const pair = ['X-Original-Method', 'X-Original-URL'];
  it.each([
    ['no_route', null, /no route pattern matches the path/, /^Add a route for this path/],
    [
      'nothing_to_judge',
      null,
      /None of the headers for them was there/,
      /X-Original-Method with X-Original-URI or X-Original-URL/,
    ],
    ['ambiguous', null, /is ambiguous/, /one pair of headers/],
    [
      'ambiguous',
      { fault: 'missing', headers: pair },
      /sent X-Original-URL, but not X-Original-Method/,
      /send X-Original-Method too/,
    ],
    [
      'ambiguous',
      { fault: 'repeated', headers: ['X-Original-URL'] },
      /X-Original-URL came twice/,
      /replace the X-Original-URL of the client/,
    ],
    [
      'ambiguous',
      { fault: 'disagree', headers: pair },
      /X-Original-Method and X-Original-URL name different/,
      /clear the others/,
    ],
    ['ambiguous', { fault: 'target', headers: [] }, /another spelling of \/verify/, /exactly \/verify/],
    ['ambiguous', { fault: 'parameter', headers: [] }, /repeated, or is not a permission/, /\?permission=invoices\.read/],
    [
      'path',
      { fault: 'value', headers: ['X-Original-URI'] },
      / \(in X-Original-URI\) /,
      /send the original path in X-Original-URI/,
    ],
    ['path', null, /the path of the request is ambiguous/, /plain path/],
    ['method', { fault: 'value', headers: ['X-Forwarded-Method'] }, / \(in X-Forwarded-Method\)\./, /GET, HEAD, POST/],
    ['method', null, /no permission is known for the method of the request/, /another method/],
  ] as const)(
    'knows that nothing could be judged, which another credential does not change: %s %j',
    (lacking, fault, sentence, advice) => {
      const event = refusal('forbidden', of({ lacking, fault }));
      const told = explainRefusal(event, names);
      expect(told.status).toBe(403);
      expect(told.sentence).toMatch(sentence);
      expect(told.advice).toMatch(advice);
      expect(told.advice).not.toContain('Use a credential');
      expect(briefOfQuestion(event.details)).toContain(lacking);
      for (const header of fault?.headers ?? []) expect(briefOfQuestion(event.details)).toContain(header);
    },
  );

  it('takes no lacking permission for a question that could not be judged', () => {
    expect(briefOfQuestion(of({ lacking: 'invoices.write' }))).toBeNull();
    expect(explainRefusal(refusal('forbidden', of({ lacking: 'invoices.write' })), names).advice).toMatch(/^Use a credential/);
  });

  it('names the proxy that did not tell the address of the client', () => {
    const event = refusal('address_not_allowed', of(), { person: { address: 'unreadable behind 10.0.0.1' } });
    const { sentence, advice } = explainRefusal(event, names);
    expect(sentence).toBe(
      `Refused with 401: ${WHAT} may only be used from certain addresses. It allows 203.0.113.0/24. The trusted proxy 10.0.0.1 did not send the client’s address: its X-Forwarded-For cannot be read.`,
    );
    expect(advice).toContain('X-Forwarded-For');
  });

  it('says what it can of a record from before there was more', () => {
    expect(explainRefusal(refusal('forbidden', '{"kind":"key","lacking":"crm.read"}'), names).sentence).toBe(
      `Refused with 403: ${WHAT} did not have crm.read.`,
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
