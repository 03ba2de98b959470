/** At each start: there is an administrator who can sign in, or the log says how to create one. */
import type { Config } from './config.ts';
import type { Keyhouse } from './core/keyhouse.ts';
import { emailKey } from './core/lib/email.ts';
import type { Log } from './core/lib/log.ts';

export async function makeFirstAdministrator(keyhouse: Keyhouse, { admin, url }: Config, log: Log): Promise<void> {
  if ((await keyhouse.users.countAdministrators()) > 0) return;
  if (admin !== null) {
    const by = { actor: 'server', requestId: null, person: {} } as const;
    const created = await keyhouse.users.createMissingAdministrator({ ...admin, by });
    if (created.ok) {
      if (created.value !== null)
        log.info({ userId: created.value.id }, 'The first administrator was created from KEYHOUSE_ADMIN_EMAIL.');
      return;
    }
    // Whatever the reason, the server starts: clients of the API need no administrator.
    log.warn({}, await whyNoAdministrator(keyhouse, admin.email, created.reason));
  }
  const ticket = await keyhouse.signIns.createSetupTicket();
  // The only secret that is logged: a person who reads the first start's log runs this machine. It works once, for an hour.
  if (ticket !== null) log.warn({}, `There is no enabled administrator. Create one at ${url}/setup#${ticket} within an hour.`);
}

/** Says what to do. Registering the address first does not make anyone an administrator. */
async function whyNoAdministrator(keyhouse: Keyhouse, email: string, reason: string): Promise<string> {
  if (reason !== 'taken')
    return `No administrator could be created from KEYHOUSE_ADMIN_EMAIL and KEYHOUSE_ADMIN_PASSWORD: ${reason}.`;
  const user = await keyhouse.users.findByEmail(emailKey(email));
  if (user?.isAdministrator === true)
    return `The administrator in KEYHOUSE_ADMIN_EMAIL is disabled, and there is no other enabled administrator. To enable the user, run 'keyhouse user enable ${user.id}'.`;
  return 'The address in KEYHOUSE_ADMIN_EMAIL belongs to a user who is not an administrator, so no administrator was created from it.';
}
