/** Combines the parts of a guard. What it does during a request is in `judge.ts`. */
import { createAsk, IssuerFault, reasonOf } from './ask.ts';
import { callBack } from './callback.ts';
import { createClock } from './clock.ts';
import { FeedReader } from './feed.ts';
import { BatchIntrospector } from './introspect.ts';
import { Judge } from './judge.ts';
import { createKeySet } from './jwks.ts';
import { createVerifyJwt } from './jwt.ts';
import { createQuietLog } from './log.ts';
import { type GuardOptions, readOptions, type Settings } from './options.ts';
import { UsageReporter } from './report.ts';

/** Counts since the start. Names are those of the Prometheus text, `keyhouse_guard_` before them. */
export type GuardMetrics = Readonly<Record<string, number>>;

export interface Guard {
  /** Judges a request; at once unless something has to be requested. Never throws, and never rejects. */
  readonly judge: Judge['judge'];
  /**
   * Resolves when the signing keys and the whole list of revocations are loaded; rejects with the reason if the first attempt
   * fails.
   */
  ready(): Promise<void>;
  /** Milliseconds since Keyhouse was last known to have sent everything; infinite before the first time. */
  readonly lagMs: number;
  metrics(): GuardMetrics;
  /** The same in the Prometheus text format, for `/metrics` of the API. */
  metricsText(): string;
  /**
   * Ends the connection to Keyhouse and sends what was not reported yet. The guard does not refuse anything because of it; it
   * only receives no more changes.
   */
  close(): Promise<void>;
}

const TELL_LAG_EVERY_MS = 1000;

/**
 * @example
 * const guard = createGuard({ issuer: 'https://keys.example.com', key: process.env.KEYHOUSE_KEY ?? '' });
 *
 * @throws Error that names every fault of the options at once.
 */
export const createGuard = (options: GuardOptions): Guard => bindGuard(readOptions(options), SYSTEM_CLOCKS);

/** Where a guard takes the time from. */
export interface Clocks {
  /** Milliseconds since 1970, as this machine's clock shows them. */
  readonly nowMs: () => number;
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number;
}

const SYSTEM_CLOCKS: Clocks = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

/** A guard with checked settings and with these clocks. `createGuard` gives it those of the machine. */
export function bindGuard(settings: Settings, { nowMs: wallMs, monotonicMs }: Clocks): Guard {
  const { issuer, audience, onLag } = settings;
  const say = createQuietLog(settings.log, monotonicMs);
  const logFault = (error: unknown): void => say(sentenceOf(error));
  let isClosed = false;
  // What breaks off because the guard was closed is not a fault.
  const onFault = (error: unknown): void => {
    if (!isClosed) logFault(error);
  };
  const ask = createAsk(settings);
  const clock = createClock({ wallMs, monotonicMs, told: () => feed.told, say });
  const { nowMs } = clock;
  const keys = createKeySet({ ask, monotonicMs, onFault });
  const feed = new FeedReader({
    ...{ ask, keys, issuer, monotonicMs, wallMs, onFault, mode: settings.feed },
    onHeard: clock.warnIfOff,
    onChange: (change) => introspector.forget(change),
    onReset: () => introspector.forgetAll(),
  });
  const introspector = new BatchIntrospector({ ask, issuer, monotonicMs, nowMs, onFault, newestAbout: feed.newestAbout });
  const reporter = new UsageReporter({ ask, nowMs, monotonicMs, onFault: logFault, mode: settings.feed });
  const outcomes = new Map<string, number>();
  const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const judge = new Judge({
    ...{ settings, feed, introspector, reporter, nowMs, count },
    verifyJwt: createVerifyJwt({ keys, issuer, audience, nowMs }),
    nextRequestId: requestIds(),
  });

  const started = Promise.all([keys.fetch(), feed.start()]).then(() => {});
  // A caller that does not wait for it learns of a failure from the log.
  started.catch(onFault);
  const lagTimer = onLag === null ? null : setInterval(() => callBack(() => onLag(feed.lagMs), onFault), TELL_LAG_EVERY_MS);
  unref(lagTimer);

  const metrics = (): GuardMetrics => ({
    ...Object.fromEntries([...outcomes].map(([outcome, requests]) => [`requests_total{outcome="${outcome}"}`, requests])),
    feed_lag_seconds: feed.lagMs / 1000,
    clock_ahead_seconds: clock.aheadMs / 1000,
    feed_messages_total: feed.messages,
    feed_faults_total: feed.faults,
    revocations: feed.revocations.size,
    key_set_fetches_total: keys.fetches,
    introspections_total: introspector.questions,
    ...reporter.metrics(),
  });

  return {
    judge: (request, demand) => judge.judge(request, demand),
    ready: () => started,
    get lagMs() {
      return feed.lagMs;
    },
    metrics,
    metricsText: () => textOf(metrics()),
    close: async () => {
      isClosed = true;
      if (lagTimer !== null) clearInterval(lagTimer);
      feed.close();
      await reporter.close();
    },
  };
}

/** Prometheus text format; figures of one family are together, after its type. */
function textOf(metrics: GuardMetrics): string {
  let family = '';
  let text = '';
  for (const [name, value] of Object.entries(metrics)) {
    const [bare = name] = name.split('{', 1);
    if (bare !== family) text += `# TYPE keyhouse_guard_${bare} ${bare.endsWith('_total') ? 'counter' : 'gauge'}\n`;
    family = bare;
    text += `keyhouse_guard_${name} ${Number.isFinite(value) ? value : '+Inf'}\n`;
  }
  return text;
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof IssuerFault)) return `Internal error of the guard: ${reasonOf(error)}.`;
  if (!error.isRefused) return error.message;
  return `${error.message} Keyhouse rejects the key of this guard. Create one with "keyhouse key create --account 1 --permissions keyhouse.verify".`;
}

/** Our own IDs, never a client's: sixteen random letters of this process, then a count. */
function requestIds(): () => string {
  const letters = crypto.randomUUID().replaceAll('-', '').slice(0, 16);
  let count = 0;
  return () => `${letters}-${(count++).toString(36)}`;
}

/** Where timers keep a program running, this one does not. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
}
