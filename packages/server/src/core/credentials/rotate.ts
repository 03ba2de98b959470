/** Replaces a secret and keeps the old one working for a while, so that nobody has to change two places at the same moment. */
import { randomBytes } from 'node:crypto';
import { formatToken, makeKeyText, makeTokenSecret, no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { Credential } from './credential.ts';
import type { CredentialsPorts } from './ports.ts';
import { hashSecret } from './verify.ts';

export const DEFAULT_OVERLAP_SECONDS = 3600;
/** In all, extensions included. */
export const MAX_OVERLAP_SECONDS = 7 * 24 * 3600;

type Ports = Pick<CredentialsPorts, 'credentials' | 'clock' | 'notify'>;

interface Input {
  readonly credential: Pick<Credential, 'id' | 'kind' | 'environment' | 'accountId' | 'userId' | 'name'>;
  /** SHA-256 (hex) of the secret to replace; only the newest can be replaced. */
  readonly currentHash: string;
  /** 0 to MAX_OVERLAP_SECONDS; 0 ends the old secret at once. */
  readonly overlapSeconds: number;
  /** For keys: whether to revoke the JWTs minted so far too. */
  readonly revokeJwts: boolean;
}

/** ID, permissions, addresses and expiry stay the same. `superseded`: the given secret is not the newest, or it was revoked. */
export async function rotateCredential(
  ports: Ports,
  { credential, currentHash, overlapSeconds, revokeJwts }: Input,
  by: By,
): Promise<Outcome<{ credential: Credential; text: string }, 'superseded'>> {
  const nowMs = ports.clock.now();
  const overlapEndsAtMs = overlapSeconds === 0 ? null : nowMs + overlapSeconds * 1000;
  const isToken = credential.kind === 'token';
  const secret = isToken ? makeTokenSecret(randomBytes) : makeKeyText(credential.environment, randomBytes);
  const rotated = await ports.credentials.rotate({
    kind: credential.kind,
    id: credential.id,
    currentHash,
    newHash: hashSecret(secret),
    overlapEndsAtMs,
    nowMs,
    revokeJwts,
    event: happened(by, nowMs, isToken ? 'token.rotated' : 'key.rotated', {
      userId: credential.userId,
      details: { overlapSeconds, revokeJwts },
      mails: await ports.notify('credential-rotated', { credential, by, atMs: nowMs }),
    }),
  });
  if (rotated === null) return no('superseded');
  return ok({ credential: rotated, text: isToken ? formatToken(rotated.id, secret) : secret });
}
