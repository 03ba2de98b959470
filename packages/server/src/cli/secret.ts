import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { MasterSecret } from '../core/lib/master-secret.ts';
import { addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { type CommandFailure, refusal } from './failure.ts';
import { type OutputOptions, print } from './output.ts';
import { type CommandContext, sqliteFile, withKeyhouse } from './with-keyhouse.ts';

const HELP = `
On SQLite with a secret file, a new secret is created. If KEYHOUSE_SECRET is set, first put the new secret there and the
previous one into KEYHOUSE_SECRET_PREVIOUS. Everything that is sealed under the previous secret is then sealed under the new
one. If a rotation is interrupted, run it again to finish it. Restart running servers afterwards.`;

/** Long enough for any rotation; short enough that a crashed one does not make the next one wait for long. */
const LEASE_MS = 30_000;

export function addSecretCommands(program: Command): void {
  const group = addGroup(program, 'secret', 'The master secret, which seals the signing keys');
  addFinalCommand(group, 'rotate', 'Seal everything again under a new master secret').addHelpText('after', HELP).action(rotate);
}

async function rotate(options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async (opened) => {
    const file = keptBeside(opened.config);
    if (file === null && opened.config.secretPrevious === null)
      throw refusal(
        'no_new_secret',
        'The master secret comes from KEYHOUSE_SECRET. Put a new one there and the current one into KEYHOUSE_SECRET_PREVIOUS, and run this again.',
      );
    await confirm(
      'Rotate the master secret? Earlier backups still need the previous one, and running servers must be restarted.',
    );
    // Two rotations of a kept secret at once could lose the one that is in force in the database.
    const done = await alone(opened, () => (file === null ? rotateGiven(opened) : rotateKept(opened, file)));
    print(options, { resealed: done.resealed, secret_file: done.secretFile }, () =>
      [
        `The database now uses the new master secret. Signing keys sealed again: ${done.resealed}.`,
        'Restart running servers now. Until then they cannot rotate signing keys.',
        ...(done.secretFile === null
          ? ['When all of them run with the new secret, remove KEYHOUSE_SECRET_PREVIOUS.']
          : [`The new secret is in ${done.secretFile}. An earlier backup can only be opened with the previous one.`]),
      ].join('\n'),
    );
  });
}

interface Done {
  readonly resealed: number;
  readonly secretFile: string | null;
}

/** From `KEYHOUSE_SECRET_PREVIOUS` to `KEYHOUSE_SECRET`. */
async function rotateGiven(opened: CommandContext): Promise<Done> {
  const { secret, secretPrevious } = opened.config;
  if (secret === null || secretPrevious === null) throw new Error('A rotation was started without both secrets.');
  return { resealed: await reseal(opened, secretPrevious, secret), secretFile: null };
}

/**
 * On disk first, then in the database, then the old one is deleted: at every moment the files open what is in the database. If a
 * rotation was interrupted, or `KEYHOUSE_SECRET_PREVIOUS` still holds the secret in force, that rotation is completed.
 */
async function rotateKept(opened: CommandContext, databasePath: string): Promise<Done> {
  const { forgetPrevious, readSecretFile, replaceSecret, secretFiles } = await import('../secret-file.ts');
  const kept = readSecretFile(databasePath);
  // The database was opened with it.
  if (kept === null) throw new Error('The secret file no longer exists.');
  const previous = kept.previous ?? opened.config.secretPrevious;
  const isUnfinished = kept.previous !== null && kept.previous !== kept.secret;
  const inForce = await opened.store.masterSecret.secretCheck();
  const isWaiting = previous !== null && previous !== kept.secret && inForce === new MasterSecret(previous).check;
  const { secret: to, previous: from } =
    previous !== null && (isUnfinished || isWaiting) ? { secret: kept.secret, previous } : replaceSecret(databasePath);
  const resealed = await reseal(opened, from, to);
  forgetPrevious(databasePath);
  return { resealed, secretFile: secretFiles(databasePath).current };
}

async function reseal({ keyhouse, by }: CommandContext, from: string, to: string): Promise<number> {
  const rotated = await keyhouse.signingKeys.rotateMasterSecret({ from: new MasterSecret(from), to: new MasterSecret(to), by });
  if (!rotated.ok) throw rotateRefusal(rotated.reason);
  return rotated.value;
}

async function alone(opened: CommandContext, work: () => Promise<Done>): Promise<Done> {
  const { store, keyhouse } = opened;
  const holder = randomUUID();
  const lease = (forMs: number) => {
    const nowMs = keyhouse.clock.now();
    return store.leases.takeLease({ job: 'secret-rotation', holder, nowMs, forMs });
  };
  if (!(await lease(LEASE_MS))) throw refusal('overtaken', 'Another rotation is running. Try again in half a minute.');
  try {
    return await work();
  } finally {
    await lease(0);
  }
}

/** The database file next to which the secret in use is kept; null when it is given. */
function keptBeside(config: Config): string | null {
  const file = sqliteFile(config);
  return file !== null && config.secret === null && existsSync(file) ? file : null;
}

function rotateRefusal(reason: 'wrong_secret' | 'unopenable' | 'overtaken'): CommandFailure {
  const sentence = {
    wrong_secret: 'The database uses neither the previous nor the new secret. Nothing was changed.',
    unopenable: 'A signing key cannot be opened with either secret. Nothing was changed. Find the secret that sealed it.',
    overtaken: 'The signing keys were changed at the same time. Run it again.',
  }[reason];
  return refusal(reason, sentence);
}
