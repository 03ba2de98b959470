/** From the start of the process to its first answer, and the memory of a server that has nothing to do. */
import { memoryMb } from '../machine.ts';
import { mainSize, rounds } from '../options.ts';
import { addFact, holdAgainst } from '../report.ts';
import { say } from '../say.ts';
import { prepareDatabase, serve, stopServer } from '../servers.ts';
import { median } from '../statistics.ts';

const SETTLING_MS = 5000;

export async function benchStart(): Promise<void> {
  const path = prepareDatabase('start', 'token', mainSize);
  const starts: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const server = await serve(path);
    starts.push(server.readyMs);
    say(`  ${round}/${rounds} first answer after ${Math.round(server.readyMs)} ms`);
    if (round === rounds) await reportMemory(server.pid);
    await stopServer(server);
  }
  holdAgainst(`start to first answer, ${mainSize} tokens (ms)`, median(starts), { below: 600 });
}

async function reportMemory(pid: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  const memory = memoryMb(pid);
  if (memory === null) return;
  addFact('of it pages of files (MB)', memory.ofFiles);
  holdAgainst('resident memory, idle (MB)', memory.resident, { below: 90 });
}
