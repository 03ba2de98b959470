/**
 * A log that says the same thing once a minute at most: an issuer that is unreachable for an hour is one story, not ten thousand
 * lines.
 */
import { callBack } from './callback.ts';

const AGAIN_AFTER_MS = 60_000;
const MAX_SENTENCES = 100;

export function createQuietLog(log: (sentence: string) => void, monotonicMs: () => number): (sentence: string) => void {
  const saidAtMs = new Map<string, number>();
  return (sentence) => {
    const nowMs = monotonicMs();
    if (nowMs - (saidAtMs.get(sentence) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) return;
    if (saidAtMs.size >= MAX_SENTENCES) forgetOld(saidAtMs, nowMs);
    // Bounded, so that inventing new sentences does not fill the disk.
    if (saidAtMs.size >= MAX_SENTENCES) return;
    saidAtMs.set(sentence, nowMs);
    // A log that fails is not a reason to fail a request.
    callBack(() => log(sentence));
  };
}

function forgetOld(saidAtMs: Map<string, number>, nowMs: number): void {
  for (const [sentence, atMs] of saidAtMs) if (nowMs - atMs >= AGAIN_AFTER_MS) saidAtMs.delete(sentence);
}
