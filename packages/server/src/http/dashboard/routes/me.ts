/** The signed-in user: who they are, how they sign in, where they are signed in. */

import type { Passkey } from '../../../core/factors/factor.ts';
import { deviceOf } from '../../../core/lib/device.ts';
import { EMAIL_SENTENCE } from '../../../core/lib/email.ts';
import { findOptionalNameFault } from '../../../core/lib/name.ts';
import { PASSWORD_SENTENCES } from '../../../core/passwords/password.ts';
import { Refusal } from '../../../core/refusal.ts';
import { PROOF_LASTS_MS, type SignIn } from '../../../core/sign-ins/sign-in.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import { describeAccountOfUser } from '../account.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { refuseLink } from './links.ts';
import { invalid, readId, refuseWherePasskeysAreNot } from './refuse.ts';

const NAME_SENTENCE = 'A name must have at most 100 characters, none of them invisible or a control character.';
const TWO_STEP_SENTENCES = {
  already: 'Two-step verification is already on.',
  'no-factor': 'Add a passkey first, or set up an authenticator app.',
} as const;

export function meRoutes(serve: Serve, { keyhouse, cookies, url }: DashboardPorts): void {
  serve('GET /me', async ({ signIn: { user, provedAtMs } }) => {
    const [accounts, pendingEmail, methods] = await Promise.all([
      keyhouse.teams.accountsOf(user),
      keyhouse.users.pendingEmail(user),
      keyhouse.signIns.proofMethods(user),
    ]);
    return {
      user: {
        id: user.id,
        email: user.email,
        email_verified: user.emailVerifiedAtMs !== null,
        must_verify_email: keyhouse.users.mustVerifyEmail(user),
        pending_email: pendingEmail,
        display_name: user.displayName,
        first_name: user.firstName,
        last_name: user.lastName,
        administrator: user.isAdministrator,
        has_password: methods.includes('password'),
        created_at: toTimestamp(user.createdAtMs),
      },
      sends_mail: keyhouse.facts.sendsMail,
      accounts: accounts.map(describeAccountOfUser),
      proved_until: keyhouse.clock.now() - provedAtMs < PROOF_LASTS_MS ? toTimestamp(provedAtMs + PROOF_LASTS_MS) : null,
      proof_methods: [...methods],
    };
  });

  serve('PATCH /me', async ({ signIn: { user }, body, by }) => {
    const names = {
      displayName: body.display_name?.trim() ?? user.displayName,
      firstName: body.first_name?.trim() ?? user.firstName,
      lastName: body.last_name?.trim() ?? user.lastName,
    };
    if (names.displayName === '') throw invalid('display_name', 'The display_name field is required.');
    const fields = { displayName: 'display_name', firstName: 'first_name', lastName: 'last_name' } as const;
    for (const [name, field] of Object.entries(fields)) {
      if (findOptionalNameFault(names[name as keyof typeof fields]) !== null) throw invalid(field, NAME_SENTENCE);
    }
    await keyhouse.users.rename(user, names, by);
  });

  serve('POST /me/email', async ({ signIn: { user }, body, by }) => {
    // Counted for whoever is written to: nobody's mailbox is filled by somebody who is signed in.
    const asked = await keyhouse.signIns.admitMail(body.email, by);
    if (!asked.ok) throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: asked.retryAfterSeconds });
    const sent = await keyhouse.users.askForEmail(user, body.email, by);
    if (!sent.ok && sent.reason === 'too-many') throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: 3600 });
    if (!sent.ok) throw invalid('email', EMAIL_SENTENCE);
  });

  serve('POST /me/email/confirm', async ({ signIn: { user }, body, by }) => {
    const changed = await keyhouse.users.confirmEmail(user, body.ticket, by);
    if (changed.ok) return { email: changed.value.email };
    if (changed.reason === 'taken') throw invalid('ticket', 'The email has already been taken.');
    throw await refuseLink(keyhouse, 'new-email', body.ticket);
  });

  serve('DELETE /me', async ({ signIn: { user }, body, by, reply }) => {
    if (body.email.trim().toLowerCase() !== user.email.toLowerCase()) throw invalid('email', 'Type your own address to confirm.');
    const outcome = await keyhouse.users.delete(user, by);
    if (outcome === 'only-owner')
      throw invalid('email', 'You are the only owner of a team. Make somebody else its owner, or delete it first.');
    if (outcome === 'last-administrator')
      throw invalid('email', 'You are the last administrator. Give the flag to somebody else first.');
    cookies.clear(reply, 'sign-in');
  });

  serve('PUT /me/password', async ({ signIn, body, by, reply }) => {
    const changed = await keyhouse.signIns.changePassword(signIn.user, signIn.id, body.password, by);
    if (changed.ok) return cookies.set(reply, 'sign-in', changed.value.secret);
    if (changed.reason === 'gone') throw new Refusal({ code: 'not_signed_in' });
    if (changed.reason === 'busy') throw new Refusal({ code: 'busy', retryAfterSeconds: 1 });
    throw invalid('password', PASSWORD_SENTENCES[changed.reason]);
  });

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

  serve('POST /me/passkeys/options', ({ signIn: { user } }) => {
    refuseWherePasskeysAreNot(url);
    return keyhouse.factors.newPasskeyOptions(user);
  });
  serve('POST /me/passkeys', async ({ signIn: { user }, body, by }) => {
    if (findOptionalNameFault(body.name) !== null) throw invalid('name', NAME_SENTENCE);
    const passkey = await keyhouse.factors.addPasskey(user, body.name, body.response, by);
    if (passkey === 'too_many') throw invalid('name', 'You have as many passkeys as you may have. Remove one first.');
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

  serve('POST /me/totp', async ({ signIn: { user }, by }) => {
    const made = await keyhouse.factors.beginTotp(user, by);
    if (made === null) throw invalid('totp', 'Codes are asked for already. Turn them off first.');
    return made;
  });
  serve('POST /me/totp/confirm', async ({ signIn: { user }, body, by }) => {
    const codes = await keyhouse.factors.confirmTotp(user, body.code, by);
    if (codes === null) throw invalid('code', 'This code does not fit. Is the clock of your device right?');
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

  serve('DELETE /me/sign-ins/:id', async ({ signIn: { user }, params, query, by }) => {
    const which = { id: readId(params.id), withSessions: query.sessions === 'end' };
    if ((await keyhouse.signIns.end(user, which, by)) === 0) throw new Refusal({ code: 'not_found' });
  });
  serve('DELETE /me/sign-ins', async ({ signIn: { id, user }, query, by }) => {
    await keyhouse.signIns.end(user, { exceptId: id, withSessions: query.sessions === 'end' }, by);
  });
}

/** Nobody locks themself out by removing the only way in. */
function settleRemoval(outcome: 'done' | 'gone' | 'only-way-in', field: string): void {
  if (outcome === 'gone') throw new Refusal({ code: 'not_found' });
  if (outcome === 'only-way-in') throw invalid(field, 'This is your only way to sign in. Set a password first.');
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
