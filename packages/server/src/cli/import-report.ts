/**
 * How the report of an import is printed: counts and the first rows that were not imported for people, all of it with `--json`.
 */
import type { ImportReport, LeftColumns, Notes, Tally } from '@keyhouse/import';
import { note, type OutputOptions, print, printable, table } from './output.ts';
import type { Imports } from './with-imports.ts';

/** A terminal is shown this many rows that were not imported. */
const SHOWN = 20;
const PROGRESS_EVERY_MS = 2000;

type Meaning = Pick<Imports, 'meaningOf'>;

/** Something was not imported: exit 1, so that a script notices. */
export function printReport(options: OutputOptions, report: ImportReport, left: LeftColumns, meaning: Meaning): void {
  const { dryRun, origin, users, tokens, keys, notes, problems } = report;
  const columns = Object.fromEntries([...left].map(([table, counts]) => [table, Object.fromEntries(counts)]));
  const told = { dry_run: dryRun, origin, users, tokens, keys, notes, columns_not_taken: columns, not_taken: problems };
  print(options, told, () => describe(report, left, meaning));
  if (problems.length > 0) process.exitCode = 1;
}

/** A line on standard error every two seconds; not for programs that read JSON. */
export function progressOf(options: OutputOptions): (report: ImportReport) => void {
  let lastMs = Date.now();
  return ({ users, tokens, keys }) => {
    const nowMs = Date.now();
    if (options.json === true || nowMs - lastMs < PROGRESS_EVERY_MS) return;
    lastMs = nowMs;
    note(options, `… ${users.read + tokens.read + keys.read} rows read, ${users.taken + tokens.taken + keys.taken} imported.`);
  };
}

function describe(report: ImportReport, left: LeftColumns, meaning: Meaning): string {
  const { dryRun, problems, users, tokens, keys } = report;
  const tallies: readonly (readonly [string, Tally])[] = [
    ['users', users],
    ['tokens', tokens],
    ['keys', keys],
  ];
  const taken = users.taken + tokens.taken + keys.taken;
  const headline = dryRun
    ? 'This is a dry run. Nothing was written. It would do this:'
    : taken === 0
      ? 'Nothing was changed.'
      : 'Imported. Running servers accept these credentials from now on.';
  const rows = tallies.filter(([, { read }]) => read > 0);
  return [
    headline,
    '',
    table(
      ['', 'read', dryRun ? 'to import' : 'imported', 'already here', 'inactive', 'not imported'],
      rows.map(([name, tally]) => [name, tally.read, tally.taken, tally.already, tally.over, tally.refused]),
      'There were no rows.',
    ),
    ...notesOf(report.notes),
    ...columnsOf(left, meaning),
    ...(problems.length === 0 ? [] : ['', 'Not imported:']),
    ...problems.slice(0, SHOWN).map(({ what, at, sentence }) => `  ${what}, ${at}: ${printable(sentence)}`),
    ...(problems.length > SHOWN ? [`  … and ${problems.length - SHOWN} more. --json lists all of them.`] : []),
  ].join('\n');
}

/** Those that are not empty; `--json` lists the others too. */
function columnsOf(left: LeftColumns, { meaningOf }: Meaning): readonly string[] {
  const lines = [...left].flatMap(([table, counts]) =>
    [...counts]
      .filter(([, rows]) => rows > 0)
      .map(([column, rows]) => {
        const meaning = meaningOf(column);
        return `  ${table}, ${printable(column)}: ${rows} row${rows === 1 ? '' : 's'}${meaning === null ? '' : ` (${meaning})`}`;
      }),
  );
  return lines.length === 0 ? [] : ['', 'Columns that were not imported, and how many rows have a value in them:', ...lines];
}

const NOTES: Readonly<Record<keyof Notes, string>> = {
  names: 'Names that were shortened or had control characters removed',
  abilities: 'Imported without abilities that are not mapped',
  passwords: 'Users imported without a password, because its hash cannot be verified here',
  limits: 'Imported without their rate limits or limited number of uses',
  merged: 'Existing users (verified on both sides) who get the tokens',
};

function notesOf(notes: Notes): readonly string[] {
  const said = (Object.keys(NOTES) as (keyof Notes)[]).filter((name) => notes[name] > 0);
  return said.length === 0 ? [] : ['', ...said.map((name) => `${NOTES[name]}: ${notes[name]}.`)];
}
