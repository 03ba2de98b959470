/** A TCP proxy in front of a database that a test can make silent, like a network that drops packets silently. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface StallingProxy {
  /** The address of the database, through the proxy. */
  readonly url: string;
  /** Connections from before `resumeForNewOnes` that are not closed yet. */
  readonly forgotten: number;
  /**
   * From now on nothing comes through in this direction; what is sent is kept, and new connections are accepted and stay silent
   * too.
   */
  stall(direction?: 'both' | 'to-database' | 'to-server'): void;
  /** Everything comes through again, including what was kept. */
  resume(): void;
  /** Like `resume`, but earlier connections stay silent for ever, as after a firewall has forgotten them. */
  resumeForNewOnes(): void;
  /** Ends all connections at once. */
  cut(): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly server: Socket;
  readonly database: Socket;
  isForgotten: boolean;
}

/** `url`: of the database. */
export async function startStallingProxy(url: string): Promise<StallingProxy> {
  const target = new URL(url);
  const pairs = new Set<Pair>();
  let stalled = { toDatabase: false, toServer: false };

  function flow(pair: Pair): void {
    const { server, database, isForgotten } = pair;
    // What is sent over a forgotten one is read and dropped, so that its end is noticed.
    for (const [from, isStalled] of [
      [server, stalled.toDatabase],
      [database, stalled.toServer],
    ] as const)
      if (isStalled && !isForgotten) from.pause();
      else from.resume();
  }

  const listener = createServer((server) => {
    const database = connect(Number(target.port), target.hostname);
    const pair: Pair = { server, database, isForgotten: false };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      server.destroy();
      database.destroy();
    };
    for (const [from, to] of [
      [server, database],
      [database, server],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk: Buffer) => {
        if (!pair.isForgotten) to.write(chunk);
      });
      from.on('error', end);
      from.on('close', end);
    }
    flow(pair);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const set = (toDatabase: boolean, toServer: boolean): void => {
    stalled = { toDatabase, toServer };
    for (const pair of pairs) flow(pair);
  };
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((listener.address() as AddressInfo).port);
  const cut = (): void => {
    for (const { server, database } of pairs) {
      server.destroy();
      database.destroy();
    }
  };
  return {
    url: through.href,
    get forgotten() {
      return [...pairs].filter(({ isForgotten }) => isForgotten).length;
    },
    stall: (direction = 'both') => set(direction !== 'to-server', direction !== 'to-database'),
    resume: () => set(false, false),
    resumeForNewOnes: () => {
      for (const pair of pairs) pair.isForgotten = true;
      set(false, false);
    },
    cut,
    stop: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
