/**
 * Whether PostgreSQL answers at all. A network that drops packets silently leaves every connection open and every statement
 * waiting. So when something was not answered in time, and nothing else was answered since it was asked, a new connection is
 * tried, one at a time; until one is answered, requests fail instead of waiting for the others.
 */
import pg from 'pg';
import { hasNoConnectionLeft, isAnswer, isSilence } from './faults.ts';
import { connectionTo } from './session.ts';

const TRIAL_WITHIN_MS = 1000;
const TRIAL_EVERY_MS = 200;
/** A PostgreSQL that has too much to do does not accept a connection and answer within this time. */
const PROMPT_WITHIN_MS = 300;
/** With no answer for this long, also over a new connection, nothing that waits will be answered. */
const SILENT_AFTER_MS = 2000;

interface Ports {
  readonly url: string;
  readonly onWarning: (message: string) => void;
  /** Something was not answered in time: idle connections may be dead. */
  readonly onDoubt: () => void;
  /**
   * A new connection was answered promptly, so PostgreSQL is not just slow: what was asked before and is still not answered waits
   * on a dead connection.
   */
  readonly onPromptAnswer: () => void;
  /** Nothing is answered: everything that waits must fail, and every connection is dropped. */
  readonly onSilence: () => void;
}

export class Reachability {
  readonly #ports: Ports;
  #isSilent = false;
  #isTrying = false;
  #answeredAtMs = performance.now();
  #isClosed = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Nobody may wait for an answer now. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Something was not answered in time, and no trial was answered since. */
  get isDoubtful(): boolean {
    return this.#isTrying;
  }

  /** Something was answered, possibly by an error. */
  answered(): void {
    this.#answeredAtMs = performance.now();
    if (this.#isSilent) this.#ports.onWarning('PostgreSQL answers again.');
    this.#isSilent = false;
  }

  /** The outcome of something that was asked. */
  failed(error: unknown): void {
    if (isAnswer(error)) this.answered();
    else if (isSilence(error)) this.missed();
  }

  /** Something was not answered in time. */
  missed(): void {
    if (this.#isTrying || this.#isClosed) return;
    this.#isTrying = true;
    this.#ports.onDoubt();
    void this.#tryUntilAnswered();
  }

  close(): void {
    this.#isClosed = true;
  }

  async #tryUntilAnswered(): Promise<void> {
    while (!this.#isClosed) {
      const leftMs = this.#isSilent ? TRIAL_WITHIN_MS : SILENT_AFTER_MS - this.#unansweredForMs;
      const withinMs = Math.round(Math.min(TRIAL_WITHIN_MS, Math.max(TRIAL_EVERY_MS, leftMs)));
      const askedAtMs = performance.now();
      const isAnswered = await isAnsweredAnew(this.#ports.url, withinMs);
      const tookMs = performance.now() - askedAtMs;
      if (isAnswered) {
        this.#isTrying = false;
        this.answered();
        if (tookMs < PROMPT_WITHIN_MS) this.#ports.onPromptAnswer();
        return;
      }
      // What a trial took beyond its time, this process did not run, and read no answer.
      this.#answeredAtMs += Math.max(0, tookMs - withinMs);
      if (!this.#isSilent && this.#unansweredForMs >= SILENT_AFTER_MS) this.#fallSilent();
      else await new Promise((resolve) => setTimeout(resolve, TRIAL_EVERY_MS).unref());
    }
  }

  get #unansweredForMs(): number {
    return performance.now() - this.#answeredAtMs;
  }

  #fallSilent(): void {
    this.#isSilent = true;
    const seconds = SILENT_AFTER_MS / 1000;
    this.#ports.onWarning(`PostgreSQL has not answered for ${seconds} seconds. Requests get 503 immediately until it does.`);
    this.#ports.onSilence();
  }
}

/** False if nothing comes back. A refusal is an answer: requests get it just as fast, and then try for themselves. */
async function isAnsweredAnew(url: string, withinMs: number): Promise<boolean> {
  const client = new pg.Client({
    ...connectionTo(url),
    connectionTimeoutMillis: withinMs,
    query_timeout: withinMs,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    return hasNoConnectionLeft(error) || !isSilence(error);
  } finally {
    destroy(client);
  }
}

/** Without the closing message: on a dead connection it would be waited for. */
export function destroy(client: Pick<pg.Client, 'connection'>): void {
  client.connection.stream.destroy();
}
