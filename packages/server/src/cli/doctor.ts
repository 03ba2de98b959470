/**
 * Checks everything that a server needs and reports, a line each, what is well and how to fix what is not. It changes nothing,
 * and creates nothing that is missing.
 */
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { addCommand } from './command.ts';
import { type Check, checkDisk, checkNode, checkSecretFile, checkUrl, good, wrong } from './doctor-machine.ts';
import { checkContents } from './doctor-store.ts';
import { explain, refusal } from './failure.ts';
import { type OutputOptions, print } from './output.ts';
import { settings } from './with-keyhouse.ts';

const MARKS = { ok: 'ok   ', note: 'note ', wrong: 'WRONG' } as const;

export function addDoctorCommand(program: Command): void {
  addCommand(program, 'doctor', 'Check this machine, the settings, the database and the keys, and say what to do')
    .addHelpText('after', '\nExit code 1 if something is wrong. Notes do not count.')
    .action(doctor);
}

async function doctor(options: OutputOptions): Promise<void> {
  const checks = [checkNode(), ...(await checkFromSettings())];
  const isWell = checks.every(({ state }) => state !== 'wrong');
  print(options, { ok: isWell, checks: checks.map(({ todo, ...check }) => ({ ...check, todo: todo ?? null })) }, () => {
    const width = Math.max(...checks.map(({ name }) => name.length));
    return checks.map((check) => lineOf(check, width)).join('\n');
  });
  if (!isWell) throw refusal('not_well', 'Something is wrong. The lines marked as wrong say what to do.');
}

function lineOf({ state, name, finding, todo }: Check, width: number): string {
  const indent = ' '.repeat(MARKS.ok.length + width + 4);
  const lines = [...finding.split('\n'), ...(todo === undefined ? [] : [`→ ${todo}`])];
  return `${MARKS[state]}  ${name.padEnd(width)}  ${lines.join(`\n${indent}`)}`;
}

async function checkFromSettings(): Promise<readonly Check[]> {
  let config: Config;
  try {
    config = await settings();
  } catch (error) {
    return [wrong('settings', explain(error).message, 'Fix these first. The rest is checked after that.')];
  }
  return [
    good('settings', 'All settings are valid.'),
    checkUrl(config),
    checkSecretFile(config),
    checkDisk(config),
    ...(await checkContents(config)),
  ];
}
