/** Stands on the wire between the gateway and Keyhouse: writes down what is asked, and can cut the wire or make it dumb. */
import { connect, createServer, type Socket } from 'node:net';
import { listen } from './listen.ts';

export interface Tap {
  readonly port: number;
  /** Every byte that the gateway has sent to Keyhouse. */
  asked(): string;
  /** `up`: as if it were not there. `dumb`: takes connections and never answers. `gone`: takes none. */
  become(state: 'up' | 'dumb' | 'gone'): Promise<void>;
  stop(): Promise<void>;
}

export async function startTap(keyhousePort: number): Promise<Tap> {
  let state: 'up' | 'dumb' | 'gone' = 'up';
  const chunks: Buffer[] = [];
  const open = new Set<Socket>();
  const serve = (socket: Socket): void => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (state === 'dumb') return;
    const keyhouse = connect({ port: keyhousePort, host: '127.0.0.1' });
    keyhouse.on('error', () => socket.destroy());
    keyhouse.on('close', () => socket.destroy());
    socket.on('close', () => keyhouse.destroy());
    socket.pipe(keyhouse);
    keyhouse.pipe(socket);
  };
  let listening = await listen(createServer(serve));
  const { port } = listening;
  return {
    port,
    asked: () => Buffer.concat(chunks).toString('latin1'),
    become: async (next) => {
      const wasGone = state === 'gone';
      state = next;
      // Also those that the gateway keeps for later.
      for (const socket of open) socket.destroy();
      if (next === 'gone' && !wasGone) await listening.stop();
      if (next !== 'gone' && wasGone) listening = await listen(createServer(serve), port);
    },
    stop: () => (state === 'gone' ? Promise.resolve() : listening.stop()),
  };
}
