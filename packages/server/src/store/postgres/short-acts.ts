/**
 * The acts that a busy server does all the time, minting a JWT and refreshing a session, in one round trip where nothing is out
 * of the ordinary. In every other case nothing is recorded and no session is moved, and the act itself runs as all others do
 * (`run-act.ts`): in several round trips, with its locks held between them.
 */
import type { Move, Moved } from '../../core/sessions/session.ts';
import type { Db } from '../prepared.ts';
import { isJudgedBefore } from '../run-act.ts';
import { movedBy, statementsOfMove } from '../sessions.ts';
import type { Connections } from './connections.ts';
import { isAnswer, isMistake, mayWorkAgain, translate } from './faults.ts';
import { InTurns } from './in-turns.ts';
import { areRecorded, conditionsOf, type RecordJwt, statementsOfRecord } from './record-jwts.ts';

/** A lot of these takes PostgreSQL a few milliseconds. */
const MAX_TOGETHER = 50;
/** More than a burst of requests with one key. */
const MAX_WAITING = 1000;

/** Null: the act itself must run. */
type ShortAct = (input: never) => Promise<unknown>;

/**
 * Runs an act by its name in one round trip; null: the act itself must run.
 * @throws StoreUnavailable also if it is not known whether it is done
 */
export function shortActs(db: Db, connections: Connections): (name: string, input: unknown) => Promise<unknown> {
  // One key may have many requests at once: each would hold a connection while it waits for the lock of the key.
  const mints = new InTurns<RecordJwt, 'recorded'>(
    async (inputs) => {
      const [, recorded] = await connections.runTogether(statementsOfRecord(db, inputs));
      return areRecorded(recorded) ? 'recorded' : null;
    },
    { maxTogether: MAX_TOGETHER, maxWaiting: MAX_WAITING },
  );
  const acts: Readonly<Record<string, ShortAct>> = {
    recordJwt: async (input: RecordJwt) => (hasMails(input) ? null : await mints.add(conditionsOf(input), input)),
    moveSession: async (move: Move): Promise<Moved | null> => {
      const [moved, state] = await connections.runTogether(statementsOfMove(db, move));
      return movedBy(moved, state);
    },
  };
  return async (name, input) => {
    const act = acts[name];
    if (act === undefined || isJudgedBefore(input)) return null;
    try {
      return await act(input as never);
    } catch (error) {
      if (isUndone(error)) return null;
      throw translate(error);
    }
  };
}

const hasMails = ({ event }: RecordJwt): boolean => (event.mails ?? []).length > 0;

/** PostgreSQL said that nothing is written, and that the same may work again or is a mistake of ours: the act shows which. */
const isUndone = (error: unknown): boolean => isAnswer(error) && (mayWorkAgain(error) || isMistake(error));
