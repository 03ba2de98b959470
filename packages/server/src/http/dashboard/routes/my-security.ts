/** How the signed-in user signs in, and where they are signed in. */

import type { Passkey } from '../../../core/factors/factor.ts';
import { deviceOf } from '../../../core/lib/device.ts';
import { findOptionalNameFault } from '../../../core/lib/name.ts';
import { Refusal } from '../../../core/refusal.ts';
import type { SignIn } from '../../../core/sign-ins/sign-in.ts';
import { invalid } from '../../faults.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { NAME_SENTENCE, readId, refuseWherePasskeysAreNot } from './refuse.ts';

const TWO_STEP_SENTENCES = {
  already: 'Two-step verification is already on.',
  no_factor: 'Add a passkey first, or set up an authenticator app.',
} as const;

export function mySecurityRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('GET /me/security', async ({ signIn: { id: current, user } }) => {
    const [{ passkeys, totp, recoveryCodes, identities }, signIns, sessions, ending] = await Promise.all([
      keyhouse.factors.list(user.id),
      keyhouse.signIns.list(user.id),
      keyhouse.sessions.countBySignIn(user.id),
      keyhouse.signIns.readEnding(user.id),
    ]);
    const sessionsIn = (id: number): number => sessions.find(({ signInId }) => signInId === id)?.sessions ?? 0;
    const nameOf = (provider: string): string => keyhouse.providers.list.find(({ id }) => id === provider)?.name ?? provider;
    return {
      password_changed_at: toOptionalTimestamp(user.passwordChangedAtMs),
      passkeys: passkeys.map(describePasskey),
      two_step_since: toOptionalTimestamp(user.twoStepSinceMs),
      totp_since: toOptionalTimestamp(totp?.confirmedAtMs ?? null),
      recovery_codes_left: recoveryCodes,
      identities: identities.map(({ provider, email, linkedAtMs }) => ({
        provider,
        name: nameOf(provider),
        email,
        linked_at: toTimestamp(linkedAtMs),
      })),
      sign_ins: signIns.signIns.map((signIn) => ({ ...describeSignIn(signIn, current), sessions: sessionsIn(signIn.id) })),
      more_sign_ins: signIns.hasMore,
      password_ends: { tokens: ending.tokens.length, sessions: ending.sessions },
      sessions_elsewhere: sessions.reduce((sum, each) => sum + (each.signInId === current ? 0 : each.sessions), 0),
    };
  });

  serve('DELETE /me/sign-ins/:id', async ({ signIn: { user }, params, query, by }) => {
    const which = { id: readId(params.id), withSessions: query.sessions === 'end' };
    if ((await keyhouse.signIns.end(user, which, by)) === 0) throw new Refusal({ code: 'not_found' });
  });

  serve('DELETE /me/sign-ins', async ({ signIn: { id, user }, query, by }) => {
    await keyhouse.signIns.end(user, { exceptId: id, withSessions: query.sessions === 'end' }, by);
  });
}

export function myPasskeysRoutes(serve: Serve, { keyhouse, url }: DashboardPorts): void {
  serve('POST /me/passkeys/options', ({ signIn: { user } }) => {
    refuseWherePasskeysAreNot(url);
    return keyhouse.factors.newPasskeyOptions(user);
  });

  serve('POST /me/passkeys', async ({ signIn: { user }, body, by }) => {
    if (findOptionalNameFault(body.name) !== null) throw invalid('name', NAME_SENTENCE);
    const passkey = await keyhouse.factors.addPasskey(user, body.name, body.response, by);
    if (passkey === 'too_many') throw invalid('name', 'You have reached the limit of passkeys. Remove one first.');
    if (passkey === null) throw invalid('response', 'This passkey was not accepted. Try again.');
    return describePasskey(passkey);
  });

  serve('PATCH /me/passkeys/:id', async ({ signIn: { user }, params, body, by }) => {
    if (findOptionalNameFault(body.name) !== null) throw invalid('name', NAME_SENTENCE);
    if (!(await keyhouse.factors.renamePasskey(user, params.id, body.name, by))) throw new Refusal({ code: 'not_found' });
  });

  serve('DELETE /me/passkeys/:id', async ({ signIn: { user }, params, by }) => {
    settleRemoval(await keyhouse.factors.removePasskey(user, params.id, by), 'passkey');
  });
}

export function myFactorsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('POST /me/totp', async ({ signIn: { user }, by }) => {
    const made = await keyhouse.factors.beginTotp(user, by);
    if (made === null) throw invalid('totp', 'An authenticator app is already set up. Remove it first.');
    return made;
  });

  serve('POST /me/totp/confirm', async ({ signIn: { user }, body, by }) => {
    const codes = await keyhouse.factors.confirmTotp(user, body.code, by);
    if (codes === null) throw invalid('code', 'This code is wrong. Check that the clock of your device is right.');
    return { recovery_codes: [...codes] };
  });

  serve('DELETE /me/totp', async ({ signIn: { user }, by }) => {
    if (!(await keyhouse.factors.removeTotp(user, by))) throw new Refusal({ code: 'not_found' });
  });

  serve('POST /me/two-step', async ({ signIn: { user }, by }) => {
    const turned = await keyhouse.factors.turnTwoStepOn(user, by);
    if (turned.ok) return { recovery_codes: [...turned.value] };
    throw invalid('two_step', TWO_STEP_SENTENCES[turned.reason]);
  });

  serve('DELETE /me/two-step', async ({ signIn: { user }, by }) => {
    if (!(await keyhouse.factors.turnTwoStepOff(user, by))) throw new Refusal({ code: 'not_found' });
  });

  serve('POST /me/recovery-codes', async ({ signIn: { user }, by }) => {
    const codes = await keyhouse.factors.createRecoveryCodes(user, by);
    if (codes === null) throw invalid('two_step', 'Turn on two-step verification first. It gives you recovery codes.');
    return { recovery_codes: [...codes] };
  });

  serve('DELETE /me/identities/:provider', async ({ signIn: { user }, params, by }) => {
    settleRemoval(await keyhouse.factors.unlinkIdentity(user, params.provider, by), 'provider');
  });
}

/** Users cannot lock themselves out by removing the only way in. */
function settleRemoval(outcome: 'done' | 'gone' | 'only_way_in', field: string): void {
  if (outcome === 'gone') throw new Refusal({ code: 'not_found' });
  if (outcome === 'only_way_in') throw invalid(field, 'This is your only way to sign in. Set a password first.');
}

const describePasskey = ({ id, name, createdAtMs, lastUsedAtMs, synced }: Passkey) => ({
  id,
  name,
  created_at: toTimestamp(createdAtMs),
  last_used_at: toOptionalTimestamp(lastUsedAtMs),
  synced,
});

const describeSignIn = (signIn: SignIn, current: number) => ({
  id: signIn.id,
  current: signIn.id === current,
  ...deviceOf(signIn.userAgent),
  address: signIn.address,
  created_at: toTimestamp(signIn.createdAtMs),
  last_seen_at: toTimestamp(signIn.lastSeenAtMs),
});
