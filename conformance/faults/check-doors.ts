/** Holds the ledger against what running servers say: nothing that was acknowledged is lost, and nothing that ended is active again. */
import { PATIENCE_MS } from '../../test/patience.ts';
import type { Client } from './client.ts';
import type { Account, Kind, Thing, ThingState } from './ledger.ts';

export interface Doors {
  readonly client: Client;
  readonly origins: readonly string[];
  /** APIs behind guards; they are asked about what a request can present. */
  readonly guards?: readonly string[];
  /** The application of a session. */
  clientIdOf(session: Thing): string;
}

export interface Manner {
  /** Only what has ended; with a clock that is ahead, what is active may have expired. */
  readonly endedAlone?: boolean;
  /** Of these alone. */
  readonly kinds?: readonly Kind[];
  /** Waits until it is refused, as where another server was asked to revoke. */
  readonly isPatient?: boolean;
}

const AT_ONCE = 50;
const EVERY_MS = 50;

/** Faults in words. A refresh token is shown only when it has ended: the others are asked about by `refreshAll`. */
export async function checkDoors(
  account: Account,
  things: readonly Thing[],
  doors: Doors,
  manner: Manner = {},
): Promise<string[]> {
  const chosen = things.filter(({ kind }) => manner.kinds?.includes(kind) ?? true);
  const questions = chosen
    .flatMap((thing) => questionsAbout(account, thing))
    .filter(({ state }) => state === 'ended' || (state === 'active' && manner.endedAlone !== true));
  return await askAll(questions, doors, manner);
}

/** These are refused by all doors, in the end: whatever the ledger says, they have no row any more. */
export const checkRefused = (things: readonly Thing[], doors: Doors): Promise<string[]> =>
  askAll(
    things.map((thing) => ({ thing, text: thing.text, state: 'ended' })),
    doors,
    { isPatient: true },
  );

async function askAll(questions: readonly Question[], doors: Doors, manner: Manner): Promise<string[]> {
  const faults: string[] = [];
  for (let start = 0; start < questions.length; start += AT_ONCE)
    await Promise.all(
      questions
        .slice(start, start + AT_ONCE)
        .flatMap((question) => [
          ...doors.origins.map((origin) => checkOne(question, `${origin}/verify`, doors, manner, faults)),
          ...(isBearer(question.thing) ? (doors.guards ?? []) : []).map((api) => checkOne(question, api, doors, manner, faults)),
        ]),
    );
  return faults;
}

interface Question {
  readonly thing: Thing;
  readonly text: string;
  readonly state: ThingState;
}

function questionsAbout(account: Account, thing: Thing): readonly Question[] {
  const state = account.findState(thing, Date.now());
  if (thing.kind === 'account' || thing.kind === 'code') return [];
  // An honest refresh changes something, and a previous refresh token ends the session.
  if (thing.kind === 'session') return state === 'ended' ? [{ thing, text: thing.text, state }] : [];
  // A rotation that was lost, or not answered, has left the previous secret.
  const before = thing.state === 'either' ? [] : thing.before;
  return [{ thing, text: thing.text, state }, ...before.map((text) => ({ thing, text, state: 'ended' as const }))];
}

const isBearer = ({ kind }: Thing): boolean => kind === 'key' || kind === 'token' || kind === 'jwt';

/** `api`: what stands before the path of a request to the API. */
async function checkOne(question: Question, api: string, doors: Doors, manner: Manner, faults: string[]): Promise<void> {
  const { thing, text, state } = question;
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const status = await statusOf(thing, text, api, doors);
    if (isRight(thing, state, status)) return;
    // Too busy is no answer.
    if ((manner.isPatient !== true && status !== 503) || performance.now() > giveUpAtMs) {
      faults.push(
        `${state === 'ended' ? 'active again' : 'lost'}: ${thing.kind} ${thing.id} (${thing.state}) is answered ${status ?? 'not at all'} at ${api}`,
      );
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function isRight({ kind }: Thing, state: ThingState, status: number | null): boolean {
  if (state === 'active') return status === 200;
  // Secrets that are not known any more count as guesses: after many of them the answer is 429.
  return kind === 'session' ? status === 400 : status === 401 || status === 429;
}

async function statusOf(thing: Thing, text: string, api: string, { client, clientIdOf }: Doors): Promise<number | null> {
  const { origin } = new URL(api);
  if (thing.kind === 'sign-in') return (await client.ask(origin, '/dashboard/api/me', { cookie: text }))?.status ?? null;
  if (thing.kind === 'session') {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: text, client_id: clientIdOf(thing) });
    return (await client.ask(origin, '/auth/token', { body }))?.status ?? null;
  }
  return (await client.ask(api, '/api/invoices', { bearer: text }))?.status ?? null;
}
