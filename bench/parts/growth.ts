/**
 * The same read in tables of several sizes, read against read: the server is a build that remembers next to nothing, because one
 * that remembers 50,000 keys reads no row of a small table. Compared by the main thread: the use of a thousand keys is a thousand
 * rows to write, that of a million a million, and this is not what the read costs.
 */
import { measureInTurn, type Subject } from '../measure.ts';
import { rounds, sizes } from '../options.ts';
import { addFact, addFigures, figuresOf, isMostlyInTurmoil, judgeOnQuietMachine } from '../report.ts';
import { hasRoom, startForgetfulKeyhouse } from '../servers.ts';
import { checkSubject } from './cached.ts';

const WORK = 'read, nothing remembered';
const nameOf = (size: number): string => `key of ${size}`;

export async function benchGrowth(): Promise<void> {
  const subjects: Subject[] = [];
  const measured = sizes.filter(hasRoom);
  for (const size of measured) {
    const server = await startForgetfulKeyhouse(`growth-${size}`, 'key', size);
    subjects.push(checkSubject(nameOf(size), server, { kind: 'key', rows: size }));
  }
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  const [smallest, largest] = [Math.min(...measured), Math.max(...measured)];
  const disturbed = [smallest, largest].some((size) => isMostlyInTurmoil(figuresOf(WORK, nameOf(size))));
  judgeOnQuietMachine('read of the largest table ÷ the smallest', mainOf(largest) / mainOf(smallest), disturbed);
  for (const size of measured.slice(1))
    addFact(`read at ${size} rows ÷ at ${smallest}, all threads`, totalOf(size) / totalOf(smallest));
}

const mainOf = (size: number): number => figuresOf(WORK, nameOf(size))?.cpu?.main ?? Number.NaN;
const totalOf = (size: number): number => figuresOf(WORK, nameOf(size))?.cpu?.total ?? Number.NaN;
