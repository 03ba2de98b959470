/** An Express application of a test on a port of its own, that the redirect URI leads to. */
import { createServer } from 'node:http';
import type { Express } from 'express';
import { freePort } from '../free-port.ts';

export interface WebApplication {
  readonly origin: string;
  stop(): Promise<void>;
}

/** `make` learns the origin before it listens, since clients want to know their redirect URI. */
export async function startWebApplication(make: (origin: string) => Promise<Express>): Promise<WebApplication> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = createServer(await make(origin));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
