/**
 * Limits that are counted in memory, for all workers at once: the primary process counts, and each worker asks it. So they are as
 * exact as in a single process.
 */
import { type Limiter, type PatientLimiter, waitForOthers } from '../core/sign-ins/sign-in-limits.ts';
import type { LimitAnswer, LimitQuestion } from './messages.ts';

/** The last question of a worker may come after its end. */
const NOBODY_WAITS = { ok: false, retryAfterSeconds: 1 } as const;

/** The end of the primary process. */
export interface LimitDesk {
  /** A worker may ask from now on. */
  expect(member: number): void;
  answer(member: number, question: LimitQuestion): Promise<LimitAnswer>;
  /** A worker has ended: the attempts that it had not decided count as failed, so that others do not wait for them. */
  forget(member: number): Promise<void>;
}

export function openLimitDesk(openLimiter: () => Limiter): LimitDesk {
  const signIns = waitForOthers(openLimiter());
  const unknown = openLimiter();
  /** The points that a worker holds, by bucket. */
  const held = new Map<number, string[]>();

  async function take(member: number, bucket: string): Promise<LimitAnswer> {
    if (!held.has(member)) return NOBODY_WAITS;
    const point = await signIns.take(bucket);
    if (!point.ok) return point;
    const points = held.get(member);
    // It ended while it waited: nothing was attempted.
    if (points === undefined) await signIns.release(bucket, 'not_failed');
    else points.push(bucket);
    return point;
  }

  async function release(member: number, bucket: string, result: 'failed' | 'not_failed'): Promise<null> {
    const points = held.get(member);
    // It has ended, and its points were given back.
    if (points === undefined) return null;
    const index = points.indexOf(bucket);
    if (index < 0) throw new Error('A point was given back that was not taken.');
    points.splice(index, 1);
    await signIns.release(bucket, result);
    return null;
  }

  return {
    expect: (member) => void held.set(member, []),
    async answer(member, question) {
      if (question.of === 'unknown') return await unknown.take(question.bucket);
      if (question.ask === 'take') return await take(member, question.bucket);
      if (question.ask === 'release') return await release(member, question.bucket, question.result);
      await signIns.clear(question.bucket);
      return null;
    },
    async forget(member) {
      const points = held.get(member) ?? [];
      held.delete(member);
      for (const bucket of points) await signIns.release(bucket, 'failed');
    },
  };
}

/** The end of a worker. */
export interface RemoteLimits {
  readonly signIns: PatientLimiter;
  readonly unknown: Limiter;
  /** The answer to a question, by its number. */
  settle(id: number, answer: LimitAnswer): void;
}

/** More networks than this are not remembered as refused. */
const MAX_REFUSED = 10_000;

/** Answers of before, for buckets that nobody gives points back to: a flood that is refused asks the primary process no more. */
function rememberRefusals(take: Limiter['take'], monotonicMs: () => number): Limiter['take'] {
  const refused = new Map<string, number>();
  return async (bucket) => {
    const endsAtMs = refused.get(bucket) ?? 0;
    if (monotonicMs() < endsAtMs) return { ok: false, retryAfterSeconds: Math.ceil((endsAtMs - monotonicMs()) / 1000) + 1 };
    refused.delete(bucket);
    const answer = await take(bucket);
    if (answer.ok) return answer;
    if (refused.size >= MAX_REFUSED) refused.clear();
    // It was rounded up to whole seconds.
    refused.set(bucket, monotonicMs() + (answer.retryAfterSeconds - 1) * 1000);
    return answer;
  };
}

/** `send`: to the primary process. If that ends, so does this one: no question waits for ever. */
export function openRemoteLimits(
  send: (id: number, question: LimitQuestion) => void,
  monotonicMs: () => number = () => performance.now(),
): RemoteLimits {
  const waiting = new Map<number, (answer: LimitAnswer) => void>();
  let nextId = 1;
  const ask = (question: LimitQuestion): Promise<LimitAnswer> =>
    new Promise((resolve) => {
      const id = nextId++;
      waiting.set(id, resolve);
      send(id, question);
    });
  const take = async (of: 'sign-in' | 'unknown', bucket: string): ReturnType<Limiter['take']> => {
    const answer = await ask({ of, ask: 'take', bucket });
    if (answer === null) throw new Error('A limit was not counted.');
    return answer;
  };
  return {
    signIns: {
      take: (bucket) => take('sign-in', bucket),
      release: async (bucket, result) => void (await ask({ of: 'sign-in', ask: 'release', bucket, result })),
      clear: async (bucket) => void (await ask({ of: 'sign-in', ask: 'clear', bucket })),
    },
    unknown: {
      take: rememberRefusals((bucket) => take('unknown', bucket), monotonicMs),
      // Nobody gives back what a failed look-up took.
      giveBack: async () => {},
      clear: async () => {},
    },
    settle(id, answer) {
      const resolve = waiting.get(id);
      waiting.delete(id);
      resolve?.(answer);
    },
  };
}
