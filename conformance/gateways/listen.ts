import type { AddressInfo, Server, Socket } from 'node:net';

/** A server on loopback, on a free port unless one is given; `stop` ends its connections as well. */
export async function listen(server: Server, port = 0): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
