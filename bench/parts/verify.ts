/** An opaque credential checked over HTTP, with tables of several sizes. */
import { measureInTurn, type Subject } from '../measure.ts';
import { mainSize, rounds, sizes, timing } from '../options.ts';
import { addFact, addFigures, figuresOf, holdAgainst, holdRatio, isMostlyDisturbed } from '../report.ts';
import { hasRoom, startBetterAuth, startFloor, startKeyhouse } from '../servers.ts';

const WORK = 'opaque check over HTTP';
const FEW = 100;
/** As many as the server's cache holds; spread evenly over more rows, requests hit it by this share. */
const CACHED = 50_000;

const allRows = (kind: string, size: number): string => `${kind}, all of ${size}`;
const fewRows = (kind: string, size: number): string => `${kind}, ${FEW} of ${size}`;

export async function benchVerify(): Promise<void> {
  const floor = await startFloor();
  const peer = await startBetterAuth(mainSize);
  const load = { connections: 64, ...timing, method: 'GET' as const, path: '/verify/api/invoices' };
  const fixed = { kind: 'fixed' as const, text: 'x'.repeat(56) };
  const peerOf = (name: string, rows: number): Subject => ({
    name,
    pid: peer.pid,
    orders: { ...load, port: peer.port, credential: { kind: 'key', rows } },
  });
  const peerAll = allRows('better-auth', mainSize);
  const peerFew = fewRows('better-auth', mainSize);
  const subjects: Subject[] = [
    { name: 'floor', pid: floor.pid, orders: { ...load, port: floor.port, credential: fixed } },
    peerOf(peerAll, mainSize),
    peerOf(peerFew, FEW),
  ];
  for (const size of sizes.filter(hasRoom)) {
    for (const kind of size === mainSize ? (['key', 'token'] as const) : (['key'] as const)) {
      const { pid, port } = await startKeyhouse(`${kind}-${size}`, kind, size);
      const of = (rows: number) => ({ ...load, port, credential: { kind, rows } });
      subjects.push({ name: allRows(kind, size), pid, orders: of(size), against: peerAll });
      if (size >= mainSize) subjects.push({ name: fewRows(kind, size), pid, orders: of(FEW), against: peerFew });
    }
  }
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  judge(peerAll, peerFew);
}

function judge(peerAll: string, peerFew: string): void {
  const [read, cached] = [allRows('key', mainSize), fewRows('key', mainSize)];
  holdRatio(`check, row read, of the floor (${mainSize} rows)`, WORK, [read, 'floor'], { least: 0.45 });
  holdRatio(`check, row cached, of the floor (${mainSize} rows)`, WORK, [cached, 'floor'], { least: 0.7 });
  holdRatio('check, row read, × better-auth', WORK, [read, peerAll], { least: 12 });
  holdRatio('check, row cached, × better-auth with the same keys', WORK, [cached, peerFew], { least: 18 });
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const [small, main, large] = [smallest, mainSize, largest].map((size) => figuresOf(WORK, allRows('key', size)));
  const disturbed = isMostlyDisturbed(small) || isMostlyDisturbed(large);
  const growth = (large?.p50Ms ?? Number.NaN) / (small?.p50Ms ?? Number.NaN);
  holdAgainst(`check, median at ${largest} rows against ${smallest}`, growth, { most: 1.25 }, { disturbed });
  if (largest > mainSize)
    addFact(
      `check, median at ${largest} rows against ${mainSize}, both read`,
      (large?.p50Ms ?? Number.NaN) / (main?.p50Ms ?? Number.NaN),
    );
  for (const size of sizes) addFact(`expected hits of the cache, all of ${size} (share)`, Math.min(1, CACHED / size));
}
