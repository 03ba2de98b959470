/**
 * The master secret and the database: a wrong one is refused at start, a new one is put in place without losing what the old one
 * sealed. The database keeps only a check value.
 */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { totpSealName } from '../factors/codes.ts';
import type { Clock } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import { mailSealName } from '../mail/compose.ts';
import { opensSigningKey, resealSigningKey } from './signing-key.ts';
import type { MasterSecretStore, SealedKind, SigningKeysStore } from './stored-key.ts';

/**
 * At start: the first start writes the check value, every later one must present the secret in force, as the current or as the
 * previous one. `first`: written now. `previous`: what is sealed waits for `secret rotate`.
 */
export const checkMasterSecret = async (
  ports: { masterSecret: Pick<MasterSecretStore, 'secretCheck' | 'setFirstSecretCheck'> },
  current: MasterSecret,
  previous: MasterSecret | null,
): Promise<Outcome<'first' | 'current' | 'previous', 'wrong_secret'>> => {
  const stored = await ports.masterSecret.secretCheck();
  const inForce = stored ?? (await ports.masterSecret.setFirstSecretCheck({ check: current.check }));
  if (inForce === current.check) return ok(stored === null ? 'first' : 'current');
  return inForce === previous?.check ? ok('previous') : no('wrong_secret');
};

/** The one of our master secrets that is in force in the database: what is sealed again is sealed under it. */
export const secretInForce = async (ports: {
  masterSecret: Pick<MasterSecretStore, 'secretCheck'>;
  secrets: readonly MasterSecret[];
}): Promise<Outcome<MasterSecret, 'wrong_secret'>> => {
  const check = await ports.masterSecret.secretCheck();
  const inForce = ports.secrets.find((secret) => secret.check === check);
  return inForce === undefined ? no('wrong_secret') : ok(inForce);
};

/** How often a rotation looks again for a key that a server sealed under the old secret while the rotation ran. */
const MAX_ROUNDS = 5;

/**
 * Seals everything again under `to` and puts that master secret in force. It can be repeated: what is done stays done. The value
 * is how many texts were sealed again. `wrong_secret`: neither secret is in force. `unopenable`: neither opens a stored key, and
 * nothing was changed for it. `overtaken`: others kept changing the keys; try again.
 */
export const rotateMasterSecret = async (
  ports: {
    signingKeys: Pick<SigningKeysStore, 'listSigningKeys'>;
    masterSecret: Pick<MasterSecretStore, 'secretCheck' | 'reseal' | 'listSealed' | 'resealTexts'>;
    clock: Clock;
  },
  input: { from: MasterSecret; to: MasterSecret; by: By },
): Promise<Outcome<number, 'wrong_secret' | 'unopenable' | 'overtaken'>> => {
  const { from, to, by } = input;
  let count = await resealTexts(ports.masterSecret, from, to);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const inForce = await secretInForce({ masterSecret: ports.masterSecret, secrets: [to, from] });
    if (!inForce.ok) return inForce;
    const stale = (await ports.signingKeys.listSigningKeys()).filter((key) => !opensSigningKey(key, to));
    if (stale.length === 0 && inForce.value.check === to.check) {
      // What a server sealed under the old secret until the new one was in force.
      return ok(count + (await resealTexts(ports.masterSecret, from, to)));
    }
    const sealed: { kid: string; sealedPrivateKey: string }[] = [];
    for (const key of stale) {
      const again = resealSigningKey(key, [from], to);
      if (!again.ok) return no('unopenable');
      sealed.push({ kid: key.kid, sealedPrivateKey: again.value });
    }
    const event = happened(by, ports.clock.now(), 'master_secret.rotated', { details: { resealed: sealed.length } });
    const done = await ports.masterSecret.reseal({ fromCheck: inForce.value.check, toCheck: to.check, sealed, event });
    if (done) count += sealed.length;
  }
  return no('overtaken');
};

const SEALED_KINDS: readonly SealedKind[] = ['totp', 'mail', 'refresh-key'];
/** Every key of refresh tokens is sealed by this name: their ids are created when they are stored. */
export const REFRESH_KEY_SEAL_NAME = 'refresh-key';
/** Small enough that no commit holds the writer up for long. */
const BATCH = 200;

/** Names by which each text was sealed; see where they are sealed. */
const nameOf = (kind: SealedKind, holder: string): string => {
  if (kind === 'refresh-key') return REFRESH_KEY_SEAL_NAME;
  return kind === 'totp' ? totpSealName(Number(holder)) : mailSealName(holder);
};

/** TOTP secrets and mails, in batches. What neither opens is left alone: it was lost before. */
async function resealTexts(
  store: Pick<MasterSecretStore, 'listSealed' | 'resealTexts'>,
  from: MasterSecret,
  to: MasterSecret,
): Promise<number> {
  let count = 0;
  for (const kind of SEALED_KINDS) {
    for (let afterId = 0; ; ) {
      const page = await store.listSealed({ kind, afterId, limit: BATCH });
      const texts = page.flatMap(({ id, holder, sealed }) => {
        const name = nameOf(kind, holder);
        if (open([to], name, sealed).ok) return [];
        const opened = open([from], name, sealed);
        return opened.ok ? [{ id, from: sealed, to: seal(to, name, opened.value) }] : [];
      });
      if (texts.length > 0) await store.resealTexts({ kind, texts });
      count += texts.length;
      const last = page.at(-1);
      if (last === undefined || page.length < BATCH) break;
      afterId = last.id;
    }
  }
  return count;
}
