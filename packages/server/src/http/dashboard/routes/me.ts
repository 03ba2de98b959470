/** The signed-in user: who they are, their address and password, and deleting them. */
import { EMAIL_SENTENCE } from '../../../core/lib/email.ts';
import { findOptionalNameFault } from '../../../core/lib/name.ts';
import { PASSWORD_SENTENCES } from '../../../core/passwords/password.ts';
import { Refusal } from '../../../core/refusal.ts';
import { PROOF_LASTS_MS } from '../../../core/sign-ins/sign-in.ts';
import { invalid } from '../../faults.ts';
import { toTimestamp } from '../../schemas.ts';
import { describeAccountOfUser } from '../account.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { refuseLink } from './links.ts';
import { NAME_SENTENCE } from './refuse.ts';

export function meRoutes(serve: Serve, { keyhouse, cookies }: DashboardPorts): void {
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
    // Counted for the recipient: a signed-in user cannot flood another person's mailbox.
    const asked = await keyhouse.signIns.admitMail(body.email, by);
    if (!asked.ok) throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: asked.retryAfterSeconds });
    const sent = await keyhouse.users.askForEmail(user, body.email, by);
    if (!sent.ok && sent.reason === 'too_many') throw new Refusal({ code: 'too_many_requests', retryAfterSeconds: 3600 });
    if (!sent.ok) throw invalid('email', EMAIL_SENTENCE);
  });

  serve('POST /me/email/confirm', async ({ signIn: { user }, body, by }) => {
    const changed = await keyhouse.users.confirmEmail(user, body.ticket, by);
    if (changed.ok) return { email: changed.value.email };
    if (changed.reason === 'taken') throw invalid('ticket', 'The email has already been taken.');
    throw await refuseLink(keyhouse, 'new-email', body.ticket);
  });

  serve('DELETE /me', async ({ signIn: { user }, body, by, reply }) => {
    if (body.email.trim().toLowerCase() !== user.email.toLowerCase())
      throw invalid('email', 'Type your own email address to confirm.');
    const outcome = await keyhouse.users.delete(user, by);
    if (outcome === 'only_owner')
      throw invalid('email', 'You are the only owner of a team. Transfer ownership or delete the team first.');
    if (outcome === 'last_administrator')
      throw invalid('email', 'You are the last administrator. Make someone else an administrator first.');
    cookies.clear(reply, 'sign-in');
  });

  serve('PUT /me/password', async ({ signIn, body, by, reply }) => {
    const changed = await keyhouse.signIns.changePassword(signIn.user, signIn.id, body.password, by);
    if (changed.ok) return cookies.set(reply, 'sign-in', changed.value.secret);
    if (changed.reason === 'gone') throw new Refusal({ code: 'not_signed_in' });
    if (changed.reason === 'busy') throw new Refusal({ code: 'busy', retryAfterSeconds: 1 });
    throw invalid('password', PASSWORD_SENTENCES[changed.reason]);
  });
}
