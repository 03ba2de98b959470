/** From the start of the process to its first answer, and the memory of an idle server. */
import { busySeconds, cpuSeconds, memoryMb } from '../machine.ts';
import { mainSize, rounds } from '../options.ts';
import { isDisturbed, undisturbed } from '../quiet.ts';
import { addFact, holdAgainst } from '../report.ts';
import { say } from '../say.ts';
import { prepareDatabase, serve, stopServer } from '../servers.ts';
import { median } from '../statistics.ts';

const SETTLING_MS = 5000;

export async function benchStart(): Promise<void> {
  const path = prepareDatabase('start', 'token', mainSize);
  const starts: { readyMs: number; others: number }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const started = await undisturbed(() => startOnce(path, round === rounds));
    starts.push(started);
    say(`  ${round}/${rounds} first answer after ${Math.round(started.readyMs)} ms${isDisturbed(started) ? ', DISTURBED' : ''}`);
  }
  holdAgainst(
    `start to first answer, ${mainSize} tokens (ms)`,
    median(starts.map(({ readyMs }) => readyMs)),
    { below: 600 },
    {
      disturbed: starts.filter(isDisturbed).length * 2 >= rounds,
    },
  );
}

async function startOnce(path: string, withMemory: boolean): Promise<{ readyMs: number; others: number }> {
  const own = (pid: number): number => cpuSeconds(process.pid) + cpuSeconds(pid);
  const before = { busy: busySeconds(), own: own(0) };
  const server = await serve(path);
  const others = busySeconds() - before.busy - (own(server.pid) - before.own);
  if (withMemory) await reportMemory(server.pid);
  await stopServer(server);
  return { readyMs: server.readyMs, others: Math.max(0, others / (server.readyMs / 1000)) };
}

async function reportMemory(pid: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  const memory = memoryMb(pid);
  if (memory === null) return;
  addFact('of it pages of files (MB)', memory.ofFiles);
  holdAgainst('resident memory, idle (MB)', memory.resident, { below: 90 }, { disturbed: false });
}
