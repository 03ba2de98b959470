import { accountsActs } from './accounts.ts';
import type { Acts } from './act.ts';
import { auditActs } from './audit.ts';
import { credentialsActs } from './credentials.ts';
import { jwtsActs } from './jwts.ts';
import { leasesActs } from './leases.ts';
import { permissionsActs } from './permissions.ts';
import { revocationsActs } from './revocations.ts';
import { signInsActs } from './sign-ins.ts';
import { masterSecretActs, signingKeysActs } from './signing-keys.ts';
import { ticketsActs } from './tickets.ts';

/** Every act of every room, by name. */
export const acts = {
  ...accountsActs,
  ...auditActs,
  ...credentialsActs,
  ...jwtsActs,
  ...leasesActs,
  ...masterSecretActs,
  ...permissionsActs,
  ...revocationsActs,
  ...signingKeysActs,
  ...signInsActs,
  ...ticketsActs,
} satisfies Acts;
