/** Collects what is measured, compares it with the goals and the limits, prints tables and writes them to files. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type Bound, describeBound, isWithin, LIMITS, type Limits, type RowName } from './limits.ts';
import type { Figures, Subject } from './measure.ts';
import { quick } from './options.ts';
import { here, say } from './say.ts';
import { median } from './statistics.ts';

interface Row {
  readonly work: string;
  readonly subject: string;
  readonly figures: Figures;
}

interface Judged {
  readonly name: RowName;
  readonly value: number;
  readonly verdict: string;
  /** What it says about the limit. */
  readonly gate: 'within' | 'worse' | 'not judged';
}

const rows: Row[] = [];
const judged: Judged[] = [];
const facts: Record<string, number> = {};

export function addFigures(work: string, subjects: readonly Subject[], figures: ReadonlyMap<string, Figures>): void {
  for (const { name } of subjects) {
    const own = figures.get(name);
    if (own !== undefined) rows.push({ work, subject: name, figures: own });
  }
}

export const figuresOf = (work: string, subject: string): Figures | undefined =>
  rows.find((row) => row.work === work && row.subject === subject)?.figures;

export function addFact(name: string, value: number): void {
  facts[name] = value;
}

/** Processor time a request, divided by that of another subject of the same work: less is better. */
export function judgeRatio(name: RowName, work: string, [subject, other]: readonly [string, string]): void {
  judgeFigures(name, figuresOf(work, subject), figuresOf(work, other), ratioOfRounds);
}

/** How many times the processor time of Keyhouse a peer needs: more is better. */
export function judgeAdvantage(name: RowName, own: Figures | undefined, peer: Figures | undefined): void {
  judgeFigures(name, own, peer, (a, b) => ratioOfRounds(b, a));
}

function judgeFigures(
  name: RowName,
  own: Figures | undefined,
  other: Figures | undefined,
  ratio: (own: Figures, other: Figures) => number,
): void {
  const value = own === undefined || other === undefined ? Number.NaN : ratio(own, other);
  if ((own?.failures ?? 0) + (other?.failures ?? 0) > 0) judged.push({ name, value, verdict: 'FAILURES', gate: 'worse' });
  else if (isMostlyInTurmoil(own) || isMostlyInTurmoil(other)) judged.push(notJudged(name, value));
  else judge(name, value, { note: isMostlyDisturbed(own) || isMostlyDisturbed(other) ? ', disturbed' : '' });
}

/** Round by round, so that a drift of the machine is in both; what has another number of rounds, by its medians. */
function ratioOfRounds(own: Figures, other: Figures): number {
  if (own.rounds.length !== other.rounds.length) return (own.cpu?.total ?? Number.NaN) / (other.cpu?.total ?? Number.NaN);
  return median(own.rounds.map(({ cpuMicros }, round) => cpuMicros / (other.rounds[round]?.cpuMicros ?? Number.NaN)));
}

/** What depends on the clock means nothing on a busy machine. */
export function judgeOnQuietMachine(name: RowName, value: number, isDisturbed: boolean): void {
  if (isDisturbed) judged.push(notJudged(name, value));
  else judge(name, value);
}

export function judge(name: RowName, value: number, { note = '' } = {}): void {
  const { goal, limit }: Limits = LIMITS[name];
  if (Number.isNaN(value)) {
    judged.push({ name, value, verdict: 'not measured', gate: limit === undefined ? 'within' : 'not judged' });
    return;
  }
  const isWorse = limit !== undefined && !isWithin(value, limit);
  const verdict = isWithin(value, goal) ? 'reached' : 'missed';
  judged.push({
    name,
    value,
    verdict: (isWorse ? `${verdict}, WORSE THAN THE LIMIT` : verdict) + note,
    gate: isWorse ? 'worse' : 'within',
  });
}

const notJudged = (name: RowName, value: number): Judged => ({
  ...{ name, value, verdict: 'not judged: disturbed' },
  gate: hasLimit(name) ? 'not judged' : 'within',
});

const hasLimit = (name: RowName): boolean => 'limit' in LIMITS[name];

/** A median is valid if fewer than half of its rounds were disturbed. */
export const isMostlyDisturbed = (figures: Figures | undefined): boolean =>
  figures !== undefined && figures.disturbed * 2 >= figures.rounds.length;

/** So disturbed in so many rounds that even the ratio of the others says nothing. */
export const isMostlyInTurmoil = (figures: Figures | undefined): boolean =>
  figures !== undefined && figures.inTurmoil * 2 >= figures.rounds.length;

/** With `--gate`: 1 if a row is worse than its limit, 2 if a row that has one could not be judged, otherwise 0. */
export function exitCodeOfGate(): number {
  const named = (gate: Judged['gate']): string[] => judged.filter((row) => row.gate === gate).map(({ name }) => name);
  const [worse, open] = [named('worse'), named('not judged')];
  if (worse.length > 0) say(`Worse than the limit: ${worse.join('; ')}.`);
  if (open.length > 0) say(`Not judged, because other processes disturbed: ${open.join('; ')}.`);
  if (worse.length > 0) return 1;
  return open.length > 0 ? 2 : 0;
}

export function report(): void {
  say('');
  print(FIGURES_HEADER, rows.map(cellsOfFigures));
  say('');
  print(JUDGED_HEADER, judged.map(cellsOfJudged));
  say('');
  for (const [name, value] of Object.entries(facts)) say(`${name}: ${value.toFixed(2)}`);
  save();
  say('\nWritten to bench/results/latest.json and latest.md');
}

const FIGURES_HEADER = [
  'work',
  'subject',
  'req/s',
  'p50 ms',
  'p99 ms',
  'µs',
  'main',
  'writer',
  'helpers',
  'core',
  'disturbed',
  'failures',
];

function cellsOfFigures({ work, subject, figures }: Row): string[] {
  const { perSecond, p50Ms, p99Ms, cpu, disturbed, rounds, failures } = figures;
  return [
    work,
    subject,
    String(Math.round(perSecond)),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    ...[cpu?.total, cpu?.main, cpu?.writer, cpu?.helpers].map((micros) => micros?.toFixed(1) ?? '–'),
    // Far below 100 % the server was waiting: for a disk, or for a load that could not keep up.
    cpu === null ? '–' : `${Math.round((cpu.total * perSecond) / 1e4)} %`,
    `${disturbed} of ${rounds.length}`,
    String(failures),
  ];
}

const JUDGED_HEADER = ['row', 'measured', 'goal', 'limit', ''];

function cellsOfJudged({ name, value, verdict }: Judged): string[] {
  const { goal, limit }: { goal: Bound; limit?: Bound } = LIMITS[name];
  return [name, value.toFixed(2), describeBound(goal), limit === undefined ? '' : describeBound(limit), verdict];
}

/** After each part, so that a run that breaks off keeps its results. */
export function save(): void {
  mkdirSync(here('results'), { recursive: true });
  const content = { ...circumstances(), rows, judged, facts };
  writeFileSync(here('results/latest.json'), `${JSON.stringify(content, null, 2)}\n`);
  writeFileSync(here('results/latest.md'), asMarkdown());
}

const circumstances = () => ({
  at: new Date().toISOString(),
  commit: execFileSync('git', ['describe', '--always', '--dirty'], { cwd: here('.'), encoding: 'utf8' }).trim(),
  node: process.version,
  cores: cpus().length,
  processor: cpus()[0]?.model ?? 'unknown',
  quick,
});

/** For bench/README.md. */
function asMarkdown(): string {
  const { at, commit, node, cores, processor } = circumstances();
  const table = (header: readonly string[], lines: readonly (readonly string[])[]): string =>
    [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return [
    `Commit ${commit}, ${at.slice(0, 10)}, Node ${node.slice(1)}, ${cores} cores (${processor})${quick ? ', --quick' : ''}.`,
    table(JUDGED_HEADER, judged.map(cellsOfJudged)),
    table(FIGURES_HEADER, rows.map(cellsOfFigures)),
    table(
      ['also measured', ''],
      Object.entries(facts).map(([name, value]) => [name, value.toFixed(2)]),
    ),
    '',
  ].join('\n\n');
}

function print(header: readonly string[], lines: readonly (readonly string[])[]): void {
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of [header, widths.map((width) => '-'.repeat(width)), ...lines])
    say(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
