import { describe, expect, it } from 'vitest';
import type { Grant } from './grant.ts';
import { nextStep, type Situation } from './next-step.ts';
import type { AuthorizationRequest, Prompt } from './request.ts';

const AT_MS = 1_000_000;

function stepFor(
  request: Partial<AuthorizationRequest>,
  { client = {}, ...situation }: Partial<Omit<Situation, 'request' | 'client'>> & { client?: Partial<Situation['client']> } = {},
) {
  return nextStep({
    request: {
      ...{
        clientId: 'app_x',
        redirectUri: 'https://app.example.com/callback',
        isRedirectUriNamed: true,
        state: null,
        nonce: null,
      },
      ...{ challenge: '', permissions: ['invoices.read'], scopes: [], prompt: [], maxAgeSeconds: null, loginHint: null },
      ...{ hintedUserId: null, atMs: AT_MS, ...request },
    },
    client: { isFirstParty: false, kind: 'public', optionalPermissions: [], ...client },
    ...{ present: { userId: 7, provedAtMs: AT_MS }, grants: [], accountIds: [1], ...situation },
  });
}

const grant = (given: Partial<Grant> = {}): Grant => ({
  ...{ id: 1, userId: 7, applicationId: 1, accountId: 1, permissions: ['invoices.read'], declined: [], scopes: [] },
  ...{ createdAtMs: 0, updatedAtMs: 0, ...given },
});
const prompt = (...words: Prompt[]) => ({ prompt: words });
const ISSUE = { step: 'issue', accountId: 1, isAllowedAnew: false };

describe('the next step', () => {
  it('is to sign in where nobody is, or to register where that was asked for', () => {
    expect(stepFor({}, { present: null })).toEqual({ step: 'log-in' });
    expect(stepFor(prompt('create'), { present: null })).toEqual({ step: 'register' });
    expect(stepFor({ ...prompt('none') }, { present: null })).toEqual({ step: 'refuse', error: 'login_required' });
  });

  it('is to sign in again when it is about somebody else, or the proof is too old', () => {
    const grants = [grant()];
    expect(stepFor({ hintedUserId: 8 }, { grants })).toEqual({ step: 'log-in' });
    expect(stepFor({ hintedUserId: 7 }, { grants })).toEqual(ISSUE);
    const at = (provedAtMs: number) => ({ grants, present: { userId: 7, provedAtMs } });
    expect(stepFor(prompt('login'), at(AT_MS - 1))).toEqual({ step: 'log-in' });
    expect(stepFor(prompt('login'), at(AT_MS))).toEqual(ISSUE);
    expect(stepFor({ maxAgeSeconds: 60 }, at(AT_MS - 60_001))).toEqual({ step: 'log-in' });
    expect(stepFor({ maxAgeSeconds: 60 }, at(AT_MS - 60_000))).toEqual(ISSUE);
  });

  it('is a code where all was allowed before, and consent where anything is new', () => {
    expect(stepFor({}, { grants: [grant()] })).toEqual(ISSUE);
    expect(stepFor({ permissions: ['invoices.read', 'invoices.write'] }, { grants: [grant()] })).toEqual({ step: 'consent' });
    expect(stepFor({ scopes: ['openid'] }, { grants: [grant()] })).toEqual({ step: 'consent' });
    expect(stepFor({ scopes: ['offline_access'] }, { grants: [grant()] })).toEqual(ISSUE);
    expect(stepFor(prompt('none'))).toEqual({ step: 'refuse', error: 'consent_required' });
  });

  it('does not ask again for what was left out, as long as it may be left out', () => {
    const asked = { permissions: ['invoices.read', 'invoices.write'] };
    const grants = [grant({ declined: ['invoices.write'] })];
    expect(stepFor(asked, { grants, client: { optionalPermissions: ['invoices.write'] } })).toEqual(ISSUE);
    expect(stepFor(asked, { grants })).toEqual({ step: 'consent' });
  });

  it('is consent again when the application wants it, also for the operator’s own', () => {
    for (const word of ['consent', 'select_account'] as const)
      expect(stepFor(prompt(word), { grants: [grant()], client: { isFirstParty: true } })).toEqual({ step: 'consent' });
  });

  it('is a code without a question for the operator’s own application, where the account is clear', () => {
    const client = { isFirstParty: true };
    expect(stepFor({}, { client })).toEqual({ ...ISSUE, isAllowedAnew: true });
    expect(stepFor({}, { client, accountIds: [1, 2] })).toEqual({ step: 'consent' });
    const grants = [grant({ accountId: 2, permissions: [] })];
    expect(stepFor({}, { client, accountIds: [1, 2], grants })).toEqual({ step: 'issue', accountId: 2, isAllowedAnew: true });
  });

  it('is consent each time where any program on the machine could pose as the application (RFC 8252 §8.6)', () => {
    for (const redirectUri of ['http://127.0.0.1/callback', 'com.example.app:/callback']) {
      expect(stepFor({ redirectUri }, { grants: [grant()] })).toEqual({ step: 'consent' });
      expect(stepFor({ redirectUri }, { grants: [grant()], client: { kind: 'confidential' } })).toEqual(ISSUE);
    }
  });
});
