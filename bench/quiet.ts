/**
 * Figures that other processes disturbed are useless, whichever way they err. So a round waits until the machine is quiet and is
 * repeated if it did not stay so, whatever it showed; patience is bounded, and rounds that were disturbed nevertheless are
 * reported.
 */
import { busySeconds } from './machine.ts';
import { patienceSeconds, quick } from './options.ts';
import { say } from './say.ts';

/** Cores. A full load alone on the machine shows at most 0.03; at 0.2 the floor is already a tenth slower. */
const DISTURBANCE = 0.08;
/** From here on not even ratios of processor time mean anything: caches are cold, and code is not compiled in time. */
const TURMOIL = 0.5;
const LOOK_MS = quick ? 200 : 500;
const TELL_EVERY_MS = 20_000;

let patienceMs = patienceSeconds * 1000;

export const isDisturbed = ({ others }: { readonly others: number }): boolean => others > DISTURBANCE;

export const isInTurmoil = ({ others }: { readonly others: number }): boolean => others > TURMOIL;

/** The last attempt counts as it is, once patience has run out. */
export async function undisturbed<Result extends { readonly others: number }>(run: () => Promise<Result>): Promise<Result> {
  for (;;) {
    await untilQuiet();
    const startedAt = performance.now();
    const result = await run();
    if (!isDisturbed(result) || patienceMs <= 0) return result;
    patienceMs -= performance.now() - startedAt;
  }
}

/** True: it is quiet now. False: patience has run out, or the system does not report it. */
export async function untilQuiet(): Promise<boolean> {
  let told = performance.now();
  for (;;) {
    const startedAt = performance.now();
    const before = busySeconds();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const after = busySeconds();
    const passedMs = performance.now() - startedAt;
    if (Number.isNaN(after - before)) return false;
    if ((after - before) / (passedMs / 1000) <= DISTURBANCE) return true;
    patienceMs -= passedMs;
    if (patienceMs <= 0) return false;
    if (performance.now() - told < TELL_EVERY_MS) continue;
    told = performance.now();
    say(`  waiting for a quiet machine, at most ${Math.round(patienceMs / 1000)} s more in all`);
  }
}
