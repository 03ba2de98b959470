/**
 * The memory of a server at which ten thousand sessions were opened, each through the authorization endpoint, and that then is
 * idle.
 */
import { startKeyhouseTokens } from '../flows/servers.ts';
import { logIn, openSession } from '../flows/sessions.ts';
import { memoryMb } from '../machine.ts';
import { quick } from '../options.ts';
import { addFact, judge } from '../report.ts';
import { say } from '../say.ts';

const SESSIONS = quick ? 1000 : 10_000;
const AT_ONCE = 16;
const SETTLING_MS = 5000;

export async function benchMemory(): Promise<void> {
  const server = await startKeyhouseTokens('memory');
  say(`Opening ${SESSIONS} sessions at Keyhouse …`);
  const browser = await logIn(server);
  const startedAt = performance.now();
  let begun = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (begun++ < SESSIONS) await openSession(server, browser);
    }),
  );
  addFact('sessions opened a second, by a client that is the bottleneck', SESSIONS / ((performance.now() - startedAt) / 1000));
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  const memory = memoryMb(server.pid);
  if (memory === null) return;
  judge('resident memory after sessions (MB)', memory.resident);
  addFact(`after ${SESSIONS} sessions, of it pages of files (MB)`, memory.ofFiles);
}
