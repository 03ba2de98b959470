/** A server at which a test ends a user's access between the judging of a request and its act. */
import type { TestDatabase } from './databases.ts';
import { startTestServer, type TestServer } from './server.ts';
import { listenTo } from './slow.ts';

export interface Ambush {
  readonly server: TestServer;
  /** Does `end` right before the next act whose input, as JSON, contains `marker`; once. */
  beforeAct(marker: string, end: () => Promise<unknown>): void;
  /** No such act has come yet. */
  readonly isWaiting: boolean;
  /** Calls back after each of the reads that the door judges by; replaces the previous listener. */
  afterRead(listener: (read: string) => void): void;
}

/** `reads`: the methods of the store that the door judges by. */
export async function startAmbush(database: TestDatabase, reads: readonly string[]): Promise<Ambush> {
  let waiting: { readonly marker: string; readonly end: () => Promise<unknown> } | null = null;
  let heard: (read: string) => void = () => {};
  const server = await startTestServer({
    database,
    trustedProxies: ['127.0.0.1'],
    listen: (store) =>
      listenTo(store, {
        reads,
        after: (read) => heard(read),
        before: async (input) => {
          if (waiting === null || !JSON.stringify(input).includes(waiting.marker)) return;
          const { end } = waiting;
          waiting = null;
          await end();
        },
      }),
  });
  return {
    server,
    beforeAct: (marker, end) => {
      waiting = { marker, end };
    },
    get isWaiting() {
      return waiting !== null;
    },
    afterRead: (listener) => {
      heard = listener;
    },
  };
}
