/** Signing keys: which ones exist, when they rotate, and rotating them now. */

import { DAY_MS } from '../../../core/lib/clock.ts';
import type { Refusal } from '../../../core/refusal.ts';
import type { RotateRefusal } from '../../../core/signing-keys/rotate.ts';
import { invalid } from '../../faults.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import type { DashboardPorts, Serve } from '../serve.ts';

export function operatorKeysRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('GET /operator/signing-keys', async () => {
    const [keys, days] = await Promise.all([keyhouse.signingKeys.list(), keyhouse.signingKeys.rotationDays()]);
    const signingSinceMs = keys.flatMap((key) => (key.state === 'current' ? [key.signingSinceMs ?? key.createdAtMs] : []));
    const order = { next: 0, current: 1, retired: 2 };
    return {
      keys: [...keys]
        .sort((a, b) => order[a.state] - order[b.state] || b.createdAtMs - a.createdAtMs || (a.algorithm < b.algorithm ? -1 : 1))
        .map((key) => ({
          kid: key.kid,
          algorithm: key.algorithm,
          state: key.state,
          created_at: toTimestamp(key.createdAtMs),
          signing_since: toOptionalTimestamp(key.signingSinceMs),
          retired_at: toOptionalTimestamp(key.retiredAtMs),
          last_jwt_ends_at: toOptionalTimestamp(key.lastJwtEndsAtMs),
        })),
      rotate_every_days: days,
      next_rotation_at: signingSinceMs.length === 0 ? null : toTimestamp(Math.min(...signingSinceMs) + days * DAY_MS),
    };
  });

  serve('POST /operator/signing-keys/rotate', async ({ body: { emergency }, by }) => {
    const rotated = await keyhouse.signingKeys.rotate({ emergency, by });
    if (!rotated.ok) throw refusalOf(rotated);
  });

  serve('PUT /operator/signing-keys/schedule', async ({ body: { days }, by }) => {
    await keyhouse.signingKeys.scheduleRotation({ days, by });
  });
}

function refusalOf(refused: RotateRefusal): Refusal {
  if (refused.reason === 'too_early') {
    const minutes = Math.ceil(refused.waitSeconds / 60);
    const wait = minutes === 1 ? 'a minute' : `${minutes} minutes`;
    return invalid('emergency', `Some verifiers may not know the next key yet. Wait ${wait}, or rotate as an emergency.`);
  }
  const sentences = {
    overtaken: 'Another server rotated the keys at the same time. Check the keys before you rotate again.',
    wrong_secret: 'This server was started with a previous master secret. Start it with the current one.',
    no_signing_keys: 'There are no signing keys yet.',
  };
  return invalid('emergency', sentences[refused.reason]);
}
