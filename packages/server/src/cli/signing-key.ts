import type { Command } from 'commander';
import type { RotateRefusal } from '../core/signing-keys/rotate.ts';
import { addCommand, addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { type CommandFailure, refusal } from './failure.ts';
import { isoTime, type OutputOptions, print, readableTime, table } from './output.ts';
import { withKeyhouse } from './with-keyhouse.ts';

interface RotateOptions extends OutputOptions, ConfirmOptions {
  readonly emergency?: boolean;
}

export function addSigningKeyCommands(program: Command): void {
  const group = addGroup(program, 'signing-key', 'The keys that sign JWTs');
  addCommand(group, 'list', 'List the keys that are published').action(listSigningKeys);
  addFinalCommand(group, 'rotate', 'Start to sign with the next keys; the previous keys verify until their last JWT has expired')
    .option('--emergency', 'rotate even if some verifiers do not know the next key yet; they may refuse JWTs for some minutes')
    .action(rotate);
}

async function listSigningKeys(options: OutputOptions): Promise<void> {
  await withKeyhouse(options, async ({ store }) => {
    const keys = await store.signingKeys.listSigningKeys();
    const described = keys.map((key) => ({
      kid: key.kid,
      algorithm: key.algorithm,
      state: key.state,
      created_at: isoTime(key.createdAtMs),
      signing_since: isoTime(key.signingSinceMs),
      retired_at: isoTime(key.retiredAtMs),
      last_jwt_ends_at: isoTime(key.lastJwtEndsAtMs),
    }));
    print(options, { signing_keys: described }, () =>
      table(
        ['kid', 'algorithm', 'state', 'created', 'signing since', 'last JWT expires'],
        keys.map((key) => [
          key.kid,
          key.algorithm,
          key.state,
          readableTime(key.createdAtMs),
          readableTime(key.signingSinceMs),
          readableTime(key.lastJwtEndsAtMs),
        ]),
        "There are no signing keys yet. The first start of the server ('keyhouse serve') creates them.",
      ),
    );
  });
}

async function rotate(options: RotateOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, by }) => {
    const emergency = options.emergency ?? false;
    await confirm(
      emergency
        ? 'Rotate the signing keys now, even if some verifiers do not know the next one yet?'
        : 'Rotate the signing keys?',
    );
    const rotated = await keyhouse.signingKeys.rotate({ emergency, by });
    if (!rotated.ok) throw rotateRefusal(rotated);
    const described = rotated.value.map(({ algorithm, retiredKid: retired, currentKid: current, nextKid: next }) => ({
      ...{ algorithm, retired, current, next },
    }));
    print(options, { rotated: described }, () =>
      described
        .map(({ algorithm, retired, current, next }) =>
          [
            `${algorithm}: ${current} signs from now on.`,
            `${retired} verifies until its last JWT has expired.`,
            `${next} waits, published.`,
          ].join('\n'),
        )
        .join('\n\n'),
    );
  });
}

function rotateRefusal(refused: RotateRefusal): CommandFailure {
  switch (refused.reason) {
    case 'too_early':
      return refusal(
        'too_early',
        `Some verifiers do not know the next key yet. Wait ${refused.waitSeconds} seconds, or add --emergency if the current key has leaked.`,
      );
    case 'no_signing_keys':
      return refusal(
        'no_signing_keys',
        "There are no signing keys yet. The first start of the server ('keyhouse serve') creates them.",
      );
    case 'overtaken':
      return refusal('overtaken', 'A server rotated the keys at the same time. Check them with signing-key list.');
    case 'wrong_secret':
      return refusal('wrong_secret', 'The master secret is not the one of this database.');
  }
}
