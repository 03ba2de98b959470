/** The signed-in user. */
import { PROOF_LASTS_MS } from '../../../core/accounts/sign-in.ts';
import { toTimestamp } from '../../schemas.ts';
import type { DashboardPorts, Serve } from '../serve.ts';

export function meRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('GET /me', async ({ signIn: { user, provedAtMs } }) => ({
    user: {
      id: user.id,
      email: user.email,
      email_verified: user.emailVerifiedAtMs !== null,
      pending_email: null,
      display_name: user.displayName,
      first_name: user.firstName,
      last_name: user.lastName,
      administrator: user.isAdministrator,
      has_password: true,
      created_at: toTimestamp(user.createdAtMs),
    },
    accounts: (await keyhouse.store.members.accountsOf(user)).map(({ id, kind, name, role }) => ({ id, kind, name, role })),
    proved_until: keyhouse.clock.now() - provedAtMs < PROOF_LASTS_MS ? toTimestamp(provedAtMs + PROOF_LASTS_MS) : null,
    proof_methods: ['password' as const],
  }));
}
