/**
 * What the tests of a run share and what takes long to start: PostgreSQL, the build of the pages, the bundled server, a
 * Chromium. Each is started when the first test asks for it, so a run of a few tests starts only what they need. Tests run in
 * separate processes, so they ask over HTTP.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { removeProgram } from './build-program.ts';

declare module 'vitest' {
  interface ProvidedContext {
    sharedThings: string;
  }
}

interface Thing {
  /** The answer to a test that asks. */
  readonly told: string;
  stop(): Promise<void>;
}

const THINGS = {
  postgres: async (): Promise<Thing> => {
    const { startPostgres } = await import('../packages/server/test/postgres.ts');
    const { url, stop } = await startPostgres();
    return { told: url, stop };
  },
  dashboard: async (): Promise<Thing> => {
    const { BUILD, ensureBuild } = await import('../packages/dashboard/test/build.ts');
    await ensureBuild();
    return { told: BUILD, stop: async () => {} };
  },
  program: async (): Promise<Thing> => {
    const { programOfTheRun } = await import('./build-program.ts');
    return { told: await programOfTheRun(), stop: async () => removeProgram() };
  },
  chromium: async (): Promise<Thing> => {
    const { unpackChromium } = await import('./unpack-chromium.ts');
    const { path, remove } = await unpackChromium();
    return { told: path, stop: async () => remove() };
  },
};
type Name = keyof typeof THINGS;

/** The test runner calls it once, before all tests, and calls what it returns after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<Name, Promise<Thing>>();
  const start = (name: Name): Promise<Thing> => {
    const thing = started.get(name) ?? THINGS[name]();
    started.set(name, thing);
    return thing;
  };
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) as Name;
    start(name).then(
      ({ told }) => response.end(told),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('sharedThings', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    server.closeAllConnections();
    // Its threads may have been asked for without the program.
    removeProgram();
    for (const thing of started.values()) await thing.then(({ stop }) => stop());
  };
}

/** The administrative database of the run's PostgreSQL; every suite creates its own databases. */
export const postgresUrl = (): Promise<string> => askFor('postgres');

/** The folder of the built pages. */
export const builtDashboard = (): Promise<string> => askFor('dashboard');

/** The path of `keyhouse`, as it is published. */
export const builtProgram = async (): Promise<string> => join(await askFor('program'), 'bin/keyhouse.js');

/** The path of Chromium, unpacked from its npm package. */
export const unpackedChromium = (): Promise<string> => askFor('chromium');

const asked = new Map<Name, Promise<string>>();

function askFor(name: Name): Promise<string> {
  const answer =
    asked.get(name) ??
    fetch(`${inject('sharedThings')}/${name}`).then(async (response) => {
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text;
    });
  asked.set(name, answer);
  return answer;
}
