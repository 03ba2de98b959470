/** One-time codes: TOTP (RFC 6238) from an authenticator app, and recovery codes for the day when it is lost. */
import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { type By, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { FactorsStore } from './factor.ts';

export const RECOVERY_CODES = 10;
/** RFC 4226 §4: at least 128 bits, 160 recommended. */
const SECRET_BYTES = 20;
const PERIOD_SECONDS = 30;
/** A code is valid for its own step and one on each side (RFC 6238 §5.2): clocks and fingers are slow. */
const WINDOW = 1;
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** What a sealed secret is bound to. */
export const totpSealName = (userId: number): string => `totp:${userId}`;

export function makeTotpSecret(secret: MasterSecret, userId: number): { base32: string; sealed: string } {
  const bytes = randomBytes(SECRET_BYTES);
  return {
    base32: new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32,
    sealed: seal(secret, totpSealName(userId), bytes),
  };
}

/** `otpauth://totp/…`, which an authenticator app reads from a QR code. */
export const totpUri = (base32: string, issuer: string, label: string): string =>
  new TOTP({ issuer, label, secret: Secret.fromBase32(base32), digits: 6, period: PERIOD_SECONDS }).toString();

/** The time step that this code belongs to, or null. */
export function stepOf(
  secrets: readonly MasterSecret[],
  userId: number,
  sealed: string,
  code: string,
  nowMs: number,
): number | null {
  const opened = open(secrets, totpSealName(userId), sealed);
  if (!opened.ok) throw new Error('A TOTP secret cannot be opened with this master secret.');
  const totp = new TOTP({
    secret: new Secret({ buffer: Uint8Array.from(opened.value).buffer }),
    digits: 6,
    period: PERIOD_SECONDS,
  });
  const delta = totp.validate({ token: code, timestamp: nowMs, window: WINDOW });
  return delta === null ? null : Math.floor(nowMs / 1000 / PERIOD_SECONDS) + delta;
}

/** Four groups of four, without letters that look alike: 79 random bits each. */
export function makeRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const letters = Array.from({ length: 16 }, () => ALPHABET[pick()] ?? '');
    return [0, 4, 8, 12].map((at) => letters.slice(at, at + 4).join('')).join('-');
  });
}

/** Without bias: bytes beyond the last whole round are drawn again. */
function pick(): number {
  const most = 256 - (256 % ALPHABET.length);
  for (;;) {
    const [byte = 255] = randomBytes(1);
    if (byte < most) return byte % ALPHABET.length;
  }
}

/** However it was typed. Bound to the user, so that equal codes of two users have different hashes. */
export const hashRecoveryCode = (userId: number, code: string): string =>
  sha256Hex(`${userId}:${code.toLowerCase().replace(/[^a-z0-9]/g, '')}`);

/**
 * Uses a code up: six digits are TOTP, anything else is looked up among the recovery codes. Null: it is not valid, or was used
 * before.
 */
export async function useCode(
  ports: { readonly factors: FactorsStore; readonly secrets: readonly MasterSecret[]; readonly clock: Clock },
  { userId, code, by }: { readonly userId: number; readonly code: string; readonly by: By },
): Promise<'totp' | 'recovery-code' | null> {
  const digits = code.replace(/[\s-]/g, '');
  const nowMs = ports.clock.now();
  if (/^\d{6}$/.test(digits)) {
    const totp = await ports.factors.findTotp(userId);
    if (totp === null || totp.confirmedAtMs === null) return null;
    const step = stepOf(ports.secrets, userId, totp.sealedSecret, digits, nowMs);
    return step !== null && (await ports.factors.useTotp({ userId, step })) ? 'totp' : null;
  }
  const used = await ports.factors.useRecoveryCode({
    userId,
    hash: hashRecoveryCode(userId, code),
    event: happened(by, nowMs, 'user.recovery_code_used', { userId }),
  });
  return used ? 'recovery-code' : null;
}
