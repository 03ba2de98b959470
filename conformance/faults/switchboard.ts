/** One address before several databases, as a virtual address or a balancer has it: whoever is connected is cut when it is set to another one. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Switchboard {
  readonly port: number;
  /** `url` with the address of the switchboard. */
  through(url: string): string;
  set(port: number): void;
  close(): Promise<void>;
}

export async function startSwitchboard(port: number): Promise<Switchboard> {
  let target = port;
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const database = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const own = (listener.address() as AddressInfo).port;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: own,
    through: (url) => {
      const through = new URL(url);
      through.port = String(own);
      return through.href;
    },
    set: (next) => {
      target = next;
      cut();
    },
    close: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
