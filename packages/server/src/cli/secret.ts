import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { MasterSecret } from '../core/lib/master-secret.ts';
import { addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { type CommandFailure, refusal } from './failure.ts';
import { type OutputOptions, print } from './output.ts';
import { type Opened, sqliteFile, withKeyhouse } from './with-keyhouse.ts';

const HELP = `
On SQLite with the kept secret file a fresh secret is made. With KEYHOUSE_SECRET set, put the new one there and the old one into
KEYHOUSE_SECRET_PREVIOUS first; what is sealed under the old is then sealed under the new. An interrupted rotation is finished by
running it again. Restart running servers afterwards.`;

/** Long enough for any rotation; short enough that a crashed one does not keep the next waiting. */
const LEASE_MS = 30_000;

export function addSecretCommands(program: Command): void {
  const group = addGroup(program, 'secret', 'The master secret, under which signing keys are sealed');
  addFinalCommand(group, 'rotate', 'Seal everything anew under a new master secret').addHelpText('after', HELP).action(rotate);
}

async function rotate(options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async (opened) => {
    const file = keptBeside(opened.config);
    if (file === null && opened.config.secretPrevious === null)
      throw refusal(
        'no_new_secret',
        'The master secret comes from KEYHOUSE_SECRET: put a new one there, the one of now into KEYHOUSE_SECRET_PREVIOUS, and run this again.',
      );
    await confirm('Rotate the master secret? Backups of before need the old one, and running servers must be restarted.');
    // Two rotations of a kept secret at once could lose the one that the database stands under.
    const done = await alone(opened, () => (file === null ? rotateGiven(opened) : rotateKept(opened, file)));
    print(options, { resealed: done.resealed, secret_file: done.secretFile }, () =>
      [
        `The database stands under the new master secret; signing keys sealed anew: ${done.resealed}.`,
        'Restart running servers now: until then they cannot rotate signing keys.',
        ...(done.secretFile === null
          ? ['When all of them run with the new secret, take KEYHOUSE_SECRET_PREVIOUS away.']
          : [`The new secret is kept in ${done.secretFile}. A backup of before opens only with the old one.`]),
      ].join('\n'),
    );
  });
}

interface Done {
  readonly resealed: number;
  readonly secretFile: string | null;
}

/** From `KEYHOUSE_SECRET_PREVIOUS` to `KEYHOUSE_SECRET`. */
async function rotateGiven(opened: Opened): Promise<Done> {
  const { secret, secretPrevious } = opened.config;
  if (secret === null || secretPrevious === null) throw new Error('A rotation was begun without both secrets.');
  return { resealed: await reseal(opened, secretPrevious, secret), secretFile: null };
}

/**
 * On disk first, then in the database, then the old one is forgotten: at every moment the files open what the database holds.
 * Where a rotation was interrupted, or `KEYHOUSE_SECRET_PREVIOUS` still holds the standing secret, that one is brought to its end.
 */
async function rotateKept(opened: Opened, databasePath: string): Promise<Done> {
  const { forgetPrevious, readSecretFile, replaceSecret, secretFiles } = await import('../secret-file.ts');
  const kept = readSecretFile(databasePath);
  // The database was opened with it.
  if (kept === null) throw new Error('The kept secret is not there any more.');
  const previous = kept.previous ?? opened.config.secretPrevious;
  const isUnfinished = kept.previous !== null && kept.previous !== kept.secret;
  const standing = await opened.store.masterSecret.secretCheck();
  const isWaiting = previous !== null && previous !== kept.secret && standing === new MasterSecret(previous).check;
  const { secret: to, previous: from } =
    previous !== null && (isUnfinished || isWaiting) ? { secret: kept.secret, previous } : replaceSecret(databasePath);
  const resealed = await reseal(opened, from, to);
  forgetPrevious(databasePath);
  return { resealed, secretFile: secretFiles(databasePath).current };
}

async function reseal({ keyhouse, by }: Opened, from: string, to: string): Promise<number> {
  const rotated = await keyhouse.signingKeys.rotateMasterSecret({ from: new MasterSecret(from), to: new MasterSecret(to), by });
  if (!rotated.ok) throw rotateRefusal(rotated.reason);
  return rotated.value;
}

async function alone(opened: Opened, work: () => Promise<Done>): Promise<Done> {
  const { store, keyhouse } = opened;
  const holder = randomUUID();
  const lease = (forMs: number) => {
    const nowMs = keyhouse.clock.now();
    return store.leases.takeLease({ job: 'secret-rotation', holder, nowMs, forMs });
  };
  if (!(await lease(LEASE_MS))) throw refusal('overtaken', 'Another rotation is under way; try again in half a minute.');
  try {
    return await work();
  } finally {
    await lease(0);
  }
}

/** The database file beside which the secret in use is kept; null when it is given. */
function keptBeside(config: Config): string | null {
  const file = sqliteFile(config);
  return file !== null && config.secret === null && existsSync(file) ? file : null;
}

function rotateRefusal(reason: 'wrong_secret' | 'unopenable' | 'overtaken'): CommandFailure {
  const sentence = {
    wrong_secret: 'The database stands under neither the old nor the new secret; nothing was changed.',
    unopenable: 'A signing key opens under neither secret; nothing was sealed anew. Find the secret that it was made with.',
    overtaken: 'Others kept changing the signing keys; run it again.',
  }[reason];
  return refusal(reason, sentence);
}
