/**
 * From the start of the process to its first answer, with databases of several kinds, and the memory of an idle server. A start
 * and a command are compared by processor time with `node -e 0`, which is the least that any program on Node needs.
 */
import { busySeconds, childCpuSeconds, cpuSeconds, memoryMb } from '../machine.ts';
import { mainSize, quick, rounds } from '../options.ts';
import { isDisturbed, undisturbed } from '../quiet.ts';
import { addFact, judge, judgeOnQuietMachine } from '../report.ts';
import { say } from '../say.ts';
import { seedRevokedJwts } from '../seed.ts';
import { emptyDatabase, keyhouseCommand, prepareDatabase, serve, stopServer } from '../servers.ts';
import { median } from '../statistics.ts';

const SETTLING_MS = 5000;
const REVOKED = quick ? 100_000 : 1_000_000;
const RUNS = 5;

export async function benchStart(): Promise<void> {
  const empty = emptyDatabase('start-empty');
  const tokens = prepareDatabase('start-tokens', 'token', mainSize);
  const revoked = emptyDatabase('start-revoked');
  seedRevokedJwts(revoked, REVOKED);
  const node = childCpuSeconds([process.execPath, '-e', '0'], RUNS);
  addFact('node -e 0 (ms of processor)', node * 1000);

  const ofEmpty = await measureStarts('an empty database', empty);
  judge('start, empty ÷ node -e 0', ofEmpty.cpuSeconds / node);
  judgeOnQuietMachine('start, empty (ms)', ofEmpty.readyMs, ofEmpty.isDisturbed);
  const ofTokens = await measureStarts(`${mainSize} tokens`, tokens);
  judgeOnQuietMachine('start, many tokens (ms)', ofTokens.readyMs, ofTokens.isDisturbed);
  const ofRevoked = await measureStarts(`${REVOKED} revoked JWTs`, revoked);
  judgeOnQuietMachine('start, many revoked JWTs (ms)', ofRevoked.readyMs, ofRevoked.isDisturbed);

  const { command, env } = keyhouseCommand(['key', 'list', '--account', '1'], empty);
  judge('keyhouse key list ÷ node -e 0', childCpuSeconds(command, RUNS, env) / node);
  await judgeIdleMemory(empty);
}

interface Start {
  readonly readyMs: number;
  readonly cpuSeconds: number;
  readonly others: number;
}

async function measureStarts(name: string, path: string): Promise<Omit<Start, 'others'> & { readonly isDisturbed: boolean }> {
  const starts: Start[] = [];
  for (let round = 1; round <= rounds; round++) {
    const started = await undisturbed(() => startOnce(path));
    starts.push(started);
    const disturbed = isDisturbed(started) ? ', DISTURBED' : '';
    say(
      `  ${round}/${rounds} ${name}: first answer after ${Math.round(started.readyMs)} ms, ${Math.round(started.cpuSeconds * 1000)} ms of processor${disturbed}`,
    );
  }
  addFact(`start, ${name} (ms of processor)`, median(starts.map((start) => start.cpuSeconds)) * 1000);
  return {
    readyMs: median(starts.map(({ readyMs }) => readyMs)),
    cpuSeconds: median(starts.map((start) => start.cpuSeconds)),
    isDisturbed: starts.filter(isDisturbed).length * 2 >= rounds,
  };
}

async function startOnce(path: string): Promise<Start> {
  const own = (pid: number): number => cpuSeconds(process.pid) + cpuSeconds(pid);
  const before = { busy: busySeconds(), own: own(0) };
  const server = await serve(path);
  const spent = cpuSeconds(server.pid);
  const others = busySeconds() - before.busy - (own(server.pid) - before.own);
  await stopServer(server);
  return { readyMs: server.readyMs, cpuSeconds: spent, others: Math.max(0, others / (server.readyMs / 1000)) };
}

async function judgeIdleMemory(path: string): Promise<void> {
  const server = await serve(path);
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  const memory = memoryMb(server.pid);
  if (memory === null) return;
  judge('resident memory, idle (MB)', memory.resident);
  addFact('idle, of it pages of files (MB)', memory.ofFiles);
}
