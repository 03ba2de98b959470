/** The factors of one's own user: passkeys, an authenticator app, recovery codes, accounts at other providers. */
import type { By } from '../audit/event.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { Compose } from '../mail/compose.ts';
import type { User } from './account.ts';
import { hashRecoveryCode, makeRecoveryCodes, makeTotpSecret, stepOf, totpUri } from './codes.ts';
import type { Passkey } from './factor.ts';
import { factorMail, ownEvent } from './own-event.ts';
import { checkNewPasskey, type PasskeyPorts } from './passkeys.ts';

export interface OwnFactorsPorts extends PasskeyPorts {
  readonly compose: Compose;
  /** The one that the database stands under: what is sealed with another, nobody opens after a restart. Rejects when it is none of ours. */
  readonly standingSecret: () => Promise<MasterSecret>;
}

export async function addPasskey(
  ports: OwnFactorsPorts,
  user: User,
  { signInId, name, response }: { readonly signInId: number; readonly name: string; readonly response: unknown },
  by: By,
): Promise<Passkey | null> {
  const passkey = await checkNewPasskey(ports, user, name, response);
  if (passkey === null) return null;
  const mail = factorMail(ports, user, by, { what: 'passkey-added', name });
  const event = ownEvent(ports, 'user.passkey_added', user, by, mail);
  return (await ports.factors.addPasskey({ signInId, passkey, event })) ? passkey : null;
}

export const renamePasskey = (ports: OwnFactorsPorts, user: User, id: string, name: string, by: By): Promise<boolean> =>
  ports.factors.renamePasskey({ userId: user.id, id, name, event: ownEvent(ports, 'user.passkey_renamed', user, by) });

export async function removePasskey(ports: OwnFactorsPorts, user: User, id: string, by: By): Promise<boolean> {
  const passkey = await ports.factors.findPasskey(id);
  const mail = factorMail(ports, user, by, { what: 'passkey-removed', name: passkey?.name });
  const event = ownEvent(ports, 'user.passkey_removed', user, by, mail);
  return await ports.factors.removePasskey({ userId: user.id, id, event });
}

/** Null while one is in force: it is turned off first. */
export async function beginTotp(ports: OwnFactorsPorts, user: User): Promise<{ secret: string; uri: string } | null> {
  const { base32, sealed } = makeTotpSecret(await ports.standingSecret(), user.id);
  const put = await ports.factors.putTotp({ userId: user.id, sealedSecret: sealed, nowMs: ports.clock.now() });
  return put ? { secret: base32, uri: totpUri(base32, ports.brand().name, user.email) } : null;
}

/** The recovery codes, shown once; null when the code is not that of the secret. */
export async function confirmTotp(
  ports: OwnFactorsPorts,
  user: User,
  { signInId, code }: { readonly signInId: number; readonly code: string },
  by: By,
): Promise<readonly string[] | null> {
  const { factors, clock } = ports;
  const totp = await factors.findTotp(user.id);
  if (totp === null || totp.confirmedAtMs !== null) return null;
  const step = stepOf(ports.secrets, user.id, totp.sealedSecret, code.replace(/\s/g, ''), clock.now());
  if (step === null) return null;
  const codes = makeRecoveryCodes();
  const confirmed = await factors.confirmTotp({
    userId: user.id,
    signInId,
    sealedSecret: totp.sealedSecret,
    step,
    recoveryHashes: codes.map((one) => hashRecoveryCode(user.id, one)),
    nowMs: clock.now(),
    event: ownEvent(ports, 'user.totp_on', user, by, factorMail(ports, user, by, { what: 'totp-on' })),
  });
  return confirmed ? codes : null;
}

export const removeTotp = (ports: OwnFactorsPorts, user: User, by: By): Promise<boolean> => {
  const event = ownEvent(ports, 'user.totp_off', user, by, factorMail(ports, user, by, { what: 'totp-off' }));
  return ports.factors.removeTotp({ userId: user.id, event });
};

/** Null: there is no second factor that they could stand in for. */
export async function replaceRecoveryCodes(ports: OwnFactorsPorts, user: User, by: By): Promise<readonly string[] | null> {
  const { factors } = ports;
  const [totp, passkeys] = await Promise.all([factors.findTotp(user.id), factors.listPasskeys(user.id)]);
  if ((totp === null || totp.confirmedAtMs === null) && passkeys.length === 0) return null;
  const codes = makeRecoveryCodes();
  const mail = factorMail(ports, user, by, { what: 'recovery-codes' });
  await factors.replaceRecoveryCodes({
    userId: user.id,
    hashes: codes.map((one) => hashRecoveryCode(user.id, one)),
    event: ownEvent(ports, 'user.recovery_codes_made', user, by, mail),
  });
  return codes;
}

export const unlinkIdentity = (ports: OwnFactorsPorts, user: User, provider: string, by: By): Promise<boolean> => {
  const mail = factorMail(ports, user, by, { what: 'identity-unlinked', name: provider });
  const event = ownEvent(ports, 'user.identity_unlinked', user, by, { details: { provider }, ...mail });
  return ports.factors.unlinkIdentity({ userId: user.id, provider, event });
};
