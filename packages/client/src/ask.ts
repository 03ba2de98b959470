/** Requests to the issuer: with a time limit, repeated if that is harmless, and never following a redirect. */
import { KeyhouseError } from './errors.ts';
import { retryAfterMs, spread, wait } from './wait.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** An empty object if the body was not a JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Question {
  readonly url: string;
  readonly body: URLSearchParams | string;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Whether the same request may be sent twice. A refresh may: a client that did not get the answer gets the same successor
   * again. A code may not: its second use ends what the first one opened (RFC 6749 §4.1.2).
   */
  readonly isRepeatable: boolean;
  /** Continues when the page is left. */
  readonly keepalive?: boolean;
}

/** Two attempts of ten seconds stay within the minute in which the server gives the same answer again. */
const MAX_TRIES = 2;
const ANSWER_WITHIN_MS = 10_000;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** Any answer except "come later". Throws `unreachable`: the request may or may not have been processed. */
export async function ask(question: Question): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const { answer, cause } = await askOnce(question);
    const isRefusedForNow = answer?.status === 429 || answer?.status === 503;
    if (answer !== null && !isRefusedForNow && answer.status < 500) return answer;
    const pauseMs = (answer === null ? null : retryAfterMs(answer.headers)) ?? PAUSE_MS;
    const mayRepeat = question.isRepeatable || isRefusedForNow;
    if (!mayRepeat || tries === MAX_TRIES || pauseMs > LONGEST_PAUSE_MS) throw unreachable(answer, cause);
    await wait(spread(pauseMs));
  }
}

async function askOnce({ url, body, headers = {}, keepalive }: Question): Promise<{ answer: Answer | null; cause?: unknown }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { accept: 'application/json', ...headers },
      // What is sent here is only for the issuer. (Not every worker knows 'error'.)
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(keepalive === true ? { keepalive } : {}),
    });
    return { answer: { status: response.status, headers: response.headers, body: readObject(await response.text()) } };
  } catch (cause) {
    return { answer: null, cause };
  }
}

export function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** The OAuth error of an answer (RFC 6749 §5.2), or that it is not one that we know. */
export function refusalOf({ status, body }: Answer): KeyhouseError {
  const { error, error_description: description } = body;
  if (typeof error !== 'string') return new KeyhouseError('unexpected_answer', `The issuer answered ${status}.`);
  return new KeyhouseError(error, typeof description === 'string' ? description : `The issuer refused: ${error}.`);
}

function unreachable(answer: Answer | null, cause: unknown): KeyhouseError {
  const what = answer === null ? 'did not answer' : `answered ${answer.status}`;
  return new KeyhouseError('unreachable', `The issuer ${what}. The session is kept; try again later.`, { cause });
}
