/** Collects what is measured, compares it with the goals, prints a table and writes a file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Figures, Subject } from './measure.ts';
import { here, say } from './say.ts';

interface Row {
  readonly work: string;
  readonly subject: string;
  readonly figures: Figures;
  readonly ofFloor: Ratio | null;
  readonly against: string | null;
  readonly ofPeer: Ratio | null;
}

/** More is better in both: requests per second, and requests for the same processor time. */
interface Ratio {
  readonly perSecond: number;
  readonly cpu: number | null;
}

export type Goal = { readonly least: number } | { readonly most: number } | { readonly below: number };

/** What was measured while other processes disturbed is neither reached nor missed. */
type Verdict = 'reached' | 'MISSED' | 'not judged: disturbed' | 'not measured';

const rows: Row[] = [];
const goals: { name: string; value: number; byCpu: number | null; goal: Goal; verdict: Verdict }[] = [];
const facts: Record<string, number> = {};

export function addFigures(work: string, subjects: readonly Subject[], figures: ReadonlyMap<string, Figures>): void {
  const floor = figures.get('floor');
  for (const { name, against } of subjects) {
    const own = figures.get(name);
    if (own === undefined) continue;
    const peer = against === undefined ? undefined : figures.get(against);
    rows.push({
      work,
      subject: name,
      figures: own,
      ofFloor: floor === undefined ? null : ratio(own, floor),
      against: against ?? null,
      ofPeer: peer === undefined ? null : ratio(own, peer),
    });
  }
}

export const figuresOf = (work: string, subject: string): Figures | undefined =>
  rows.find((row) => row.work === work && row.subject === subject)?.figures;

export function addFact(name: string, value: number): void {
  facts[name] = value;
}

/** Compares one subject's requests per second with another's. */
export function holdRatio(name: string, work: string, [subject, other]: readonly [string, string], goal: Goal): void {
  const [own, base] = [figuresOf(work, subject), figuresOf(work, other)];
  const measured = own === undefined || base === undefined ? null : ratio(own, base);
  const disturbed = isMostlyDisturbed(own) || isMostlyDisturbed(base);
  holdAgainst(name, measured?.perSecond ?? Number.NaN, goal, { disturbed, byCpu: measured?.cpu ?? null });
}

export function holdAgainst(
  name: string,
  value: number,
  goal: Goal,
  { disturbed, byCpu = null }: { disturbed: boolean; byCpu?: number | null },
): void {
  goals.push({ name, value, byCpu, goal, verdict: judge(value, goal, disturbed) });
}

function judge(value: number, goal: Goal, disturbed: boolean): Verdict {
  if (Number.isNaN(value)) return 'not measured';
  if (disturbed) return 'not judged: disturbed';
  if ('least' in goal) return value >= goal.least ? 'reached' : 'MISSED';
  return ('most' in goal ? value <= goal.most : value < goal.below) ? 'reached' : 'MISSED';
}

/** A median is valid if fewer than half of its rounds were disturbed. */
export const isMostlyDisturbed = (figures: Figures | undefined): boolean =>
  figures !== undefined && figures.disturbed * 2 >= figures.rounds.length;

const ratio = (own: Figures, other: Figures): Ratio => ({
  perSecond: own.perSecond / other.perSecond,
  cpu: own.cpuMicros === null || other.cpuMicros === null ? null : other.cpuMicros / own.cpuMicros,
});

export function report(): void {
  const figuresTable = rows.map(({ work, subject, figures, ofFloor, ofPeer }) => [
    work,
    subject,
    String(Math.round(figures.perSecond)),
    figures.p50Ms.toFixed(2),
    figures.p99Ms.toFixed(2),
    figures.cpuMicros?.toFixed(1) ?? '-',
    // Far below 100 % the server was waiting: for a disk, or for a load that could not keep up.
    figures.cpuMicros === null ? '-' : `${Math.round((figures.cpuMicros * figures.perSecond) / 1e4)} %`,
    ...cells(ofFloor, 3),
    ...cells(ofPeer, 1),
    String(figures.disturbed),
    String(figures.failures),
  ]);
  const header = ['work', 'subject', 'req/s', 'p50 ms', 'p99 ms', 'cpu µs', 'core', '× floor', 'by cpu', '× peer', 'by cpu'];
  say('');
  print([...header, 'disturbed', 'failures'], figuresTable);
  say('');
  print(
    ['goal', 'wanted', 'measured', 'by cpu', ''],
    goals.map(({ name, value, byCpu, goal, verdict }) => [
      name,
      describe(goal),
      value.toFixed(3),
      byCpu?.toFixed(3) ?? '',
      verdict,
    ]),
  );
  say('');
  for (const [name, value] of Object.entries(facts)) say(`${name}: ${value.toFixed(2)}`);
  save();
  say('\nWritten to bench/results/latest.json');
}

/** After each part, so that a run that breaks off keeps its results. */
export function save(): void {
  mkdirSync(here('results'), { recursive: true });
  const content = { at: new Date().toISOString(), node: process.version, rows, goals, facts };
  writeFileSync(here('results/latest.json'), `${JSON.stringify(content, null, 2)}\n`);
}

const cells = (ratio: Ratio | null, digits: number): string[] =>
  ratio === null ? ['', ''] : [ratio.perSecond.toFixed(digits), ratio.cpu?.toFixed(digits) ?? '-'];

function describe(goal: Goal): string {
  if ('least' in goal) return `≥ ${goal.least}`;
  return 'most' in goal ? `≤ ${goal.most}` : `< ${goal.below}`;
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
