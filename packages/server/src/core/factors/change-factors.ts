/** The factors of one's own user: passkeys, an authenticator app, recovery codes, accounts at other providers. */
import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { By, EventDraft } from '../audit/event.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { Compose } from '../mail/compose.ts';
import type { User } from '../users/account.ts';
import { factorMail, profileEvent } from '../users/profile-event.ts';
import { hashRecoveryCode, makeRecoveryCodes, makeTotpSecret, stepOf, totpUri } from './codes.ts';
import type { Passkey } from './factor.ts';
import { checkNewPasskey, type PasskeyPorts } from './passkeys.ts';

export interface OwnFactorsPorts extends PasskeyPorts {
  readonly compose: Compose;
  /** The master secret in force. Rejects if this server was not started with it. */
  readonly secretInForce: () => Promise<MasterSecret>;
}

export async function addPasskey(
  ports: OwnFactorsPorts,
  user: User,
  { name, response }: { readonly name: string; readonly response: unknown },
  by: By,
): Promise<Passkey | 'too_many' | null> {
  const passkey = await checkNewPasskey(ports, user, name, response);
  if (passkey === null) return null;
  const nowMs = ports.clock.now();
  const mail = factorMail(ports, by, nowMs, user, { what: 'passkey-added', name });
  const event = profileEvent(by, nowMs, 'user.passkey_added', user, mail);
  const added = await ports.factors.addPasskey({ passkey, event });
  if (added === 'too_many') return added;
  return added ? passkey : null;
}

export const renamePasskey = (ports: OwnFactorsPorts, user: User, id: string, name: string, by: By): Promise<boolean> =>
  ports.factors.renamePasskey({
    ...{ userId: user.id, id, name },
    event: profileEvent(by, ports.clock.now(), 'user.passkey_renamed', user),
  });

/** `only_way_in`: set a password first. */
export async function removePasskey(ports: OwnFactorsPorts, user: User, id: string, by: By) {
  const passkey = await ports.factors.findPasskey(id);
  const nowMs = ports.clock.now();
  const mail = factorMail(ports, by, nowMs, user, { what: 'passkey-removed', name: passkey?.name });
  const removed = profileEvent(by, nowMs, 'user.passkey_removed', user, mail);
  const events = { removed, twoStepOff: twoStepOff(ports, by, nowMs, user) };
  return await ports.factors.removePasskey({ userId: user.id, id, events });
}

/** A new TOTP secret that waits for its first code. Null while one is in force: that one must be removed first. */
export async function beginTotp(ports: OwnFactorsPorts, user: User, by: By): Promise<{ secret: string; uri: string } | null> {
  const { base32, sealed } = makeTotpSecret(await ports.secretInForce(), user.id);
  const put = await ports.factors.putTotp({ userId: user.id, sealedSecret: sealed, nowMs: ports.clock.now(), by });
  return put ? { secret: base32, uri: totpUri(base32, ports.brand().name, user.email) } : null;
}

/**
 * The recovery codes, shown once, if it is the first second factor: two-step verification is on from now on. An empty list: it
 * was on already, and the existing codes stay valid. Null if the code does not match the secret.
 */
export async function confirmTotp(ports: OwnFactorsPorts, user: User, code: string, by: By): Promise<readonly string[] | null> {
  const { factors, clock } = ports;
  const totp = await factors.findTotp(user.id);
  if (totp === null || totp.confirmedAtMs !== null) return null;
  const nowMs = clock.now();
  const step = stepOf(ports.secrets, user.id, totp.sealedSecret, code.replace(/\s/g, ''), nowMs);
  if (step === null) return null;
  const { codes, hashes } = newCodes(user);
  const confirmed = await factors.confirmTotp({
    userId: user.id,
    sealedSecret: totp.sealedSecret,
    step,
    recoveryHashes: hashes,
    nowMs,
    events: {
      confirmed: profileEvent(by, nowMs, 'user.totp_on', user, factorMail(ports, by, nowMs, user, { what: 'totp-on' })),
      twoStepOn: profileEvent(by, nowMs, 'user.two_step_on', user, { details: { factor: 'totp' } }),
    },
  });
  if (confirmed === 'gone') return null;
  return confirmed === 'codes' ? codes : [];
}

export const removeTotp = (ports: OwnFactorsPorts, user: User, by: By): Promise<boolean> => {
  const nowMs = ports.clock.now();
  const removed = profileEvent(by, nowMs, 'user.totp_off', user, factorMail(ports, by, nowMs, user, { what: 'totp-off' }));
  return ports.factors.removeTotp({ userId: user.id, events: { removed, twoStepOff: twoStepOff(ports, by, nowMs, user) } });
};

/**
 * Turns two-step verification on with the existing passkeys. Returns the recovery codes, as the first second factor always does.
 */
export async function turnTwoStepOn(
  ports: OwnFactorsPorts,
  user: User,
  by: By,
): Promise<Outcome<readonly string[], 'already' | 'no_factor'>> {
  const { codes, hashes } = newCodes(user);
  const nowMs = ports.clock.now();
  const mail = factorMail(ports, by, nowMs, user, { what: 'two-step-on' });
  const event = profileEvent(by, nowMs, 'user.two_step_on', user, { details: { factor: 'passkey' }, ...mail });
  const turned = await ports.factors.turnTwoStepOn({ userId: user.id, recoveryHashes: hashes, nowMs, event });
  return turned === 'done' ? ok(codes) : no(turned);
}

/** The authenticator app and the recovery codes are deleted; passkeys stay. False when it is off. */
export const turnTwoStepOff = (ports: OwnFactorsPorts, user: User, by: By): Promise<boolean> =>
  ports.factors.turnTwoStepOff({ userId: user.id, event: twoStepOff(ports, by, ports.clock.now(), user) });

/** Null while two-step verification is off: there is no second factor that a code could replace. */
export async function replaceRecoveryCodes(ports: OwnFactorsPorts, user: User, by: By): Promise<readonly string[] | null> {
  const { codes, hashes } = newCodes(user);
  const nowMs = ports.clock.now();
  const mail = factorMail(ports, by, nowMs, user, { what: 'recovery-codes' });
  const event = profileEvent(by, nowMs, 'user.recovery_codes_made', user, mail);
  return (await ports.factors.replaceRecoveryCodes({ userId: user.id, hashes, event })) ? codes : null;
}

function newCodes(user: User): { readonly codes: readonly string[]; readonly hashes: readonly string[] } {
  const codes = makeRecoveryCodes();
  return { codes, hashes: codes.map((one) => hashRecoveryCode(user.id, one)) };
}

const twoStepOff = (ports: OwnFactorsPorts, by: By, atMs: number, user: User): EventDraft =>
  profileEvent(by, atMs, 'user.two_step_off', user, factorMail(ports, by, atMs, user, { what: 'two-step-off' }));

/** `only_way_in`: set a password first. */
export const unlinkIdentity = (ports: OwnFactorsPorts, user: User, provider: string, by: By) => {
  const nowMs = ports.clock.now();
  const mail = factorMail(ports, by, nowMs, user, { what: 'identity-unlinked', name: provider });
  const event = profileEvent(by, nowMs, 'user.identity_unlinked', user, { details: { provider }, ...mail });
  return ports.factors.unlinkIdentity({ userId: user.id, provider, event });
};
