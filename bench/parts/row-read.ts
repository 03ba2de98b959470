/**
 * Row reads for so long that postponed work has to be done: requests are spread over a table that no cache holds, and the uses of
 * its keys add up in memory and are written in batches, which a few seconds of load do not show.
 */
import { memoryMb } from '../machine.ts';
import { measureInTurn } from '../measure.ts';
import { mainSize, quick, sustained } from '../options.ts';
import { addFact, addFigures, figuresOf, judge, judgeAdvantage, judgeRatio } from '../report.ts';
import { prepareDatabase, type Server, startBetterAuth, startKeyhouse, startSkeleton } from '../servers.ts';
import { checkSubject } from './cached.ts';

const WORK = `row read, ${sustained.seconds} s after ${sustained.warmupSeconds} s`;
/** As many as the server's cache holds; spread evenly over more rows, requests hit it by this share. */
const CACHED = 50_000;
const SETTLING_MS = 3000;

export async function benchRowRead(): Promise<void> {
  const all = { kind: 'key' as const, rows: mainSize };
  const skeletonOf = (work: 'check-read' | 'check-read-in-a-snapshot'): Promise<Server> =>
    startSkeleton(work, prepareDatabase(work, 'key', mainSize));
  const keyhouse = await startKeyhouse('row-read', 'key', mainSize);
  const subjects = [
    ...(quick ? [] : [checkSubject('skeleton', await skeletonOf('check-read'), all, sustained)]),
    checkSubject('skeleton in a snapshot', await skeletonOf('check-read-in-a-snapshot'), all, sustained),
    checkSubject('key', keyhouse, all, sustained),
    // It puts nothing off.
    checkSubject('better-auth', await startBetterAuth(mainSize), all),
  ];
  addFigures(WORK, subjects, await measureInTurn(subjects, 1));
  judgeRatio('row read, sustained ÷ skeleton in a snapshot', WORK, ['key', 'skeleton in a snapshot']);
  judgeAdvantage('row read, sustained × better-auth', figuresOf(WORK, 'key'), figuresOf(WORK, 'better-auth'));
  const [key, skeleton] = [figuresOf(WORK, 'key')?.cpu, figuresOf(WORK, 'skeleton')?.cpu];
  if (key != null && skeleton != null) addFact('row read, sustained ÷ skeleton without a snapshot', key.total / skeleton.total);
  addFact('row read, expected hits of the cache (share)', Math.min(1, CACHED / mainSize));
  await judgeMemory(keyhouse.pid);
}

async function judgeMemory(pid: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  const memory = memoryMb(pid);
  if (memory === null) return;
  judge('resident memory after row reads (MB)', memory.resident);
  addFact('after row reads, of it pages of files (MB)', memory.ofFiles);
}
