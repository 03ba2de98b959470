/** A running Keyhouse as clients find it: an issuer that answers over HTTP, and applications that are registered there. */
import { newApplication, type TestApplication } from '../packages/server/test/applications.ts';
import { newPerson } from '../packages/server/test/people.ts';
import { startTestServer, type TestServer } from '../packages/server/test/server.ts';
import { freePort } from './free-port.ts';
import { type Person, register } from './person.ts';

/** Nobody listens there: the tests look at where the browser was sent, and go no further. */
export const CALLBACK = 'https://app.example.com/callback';

export type Wish = NonNullable<Parameters<typeof newApplication>[2]>;

export interface Place {
  readonly issuer: string;
  /** For moving its clock. */
  readonly server: TestServer;
  /** Registered by somebody who has nothing else to do with the test. */
  application(wish?: Wish): Promise<TestApplication>;
  /** Somebody who has just registered, with a browser. */
  newPerson(): Promise<Person>;
  stop(): Promise<void>;
}

export async function startPlace(): Promise<Place> {
  const port = await freePort();
  const server = await startTestServer({ url: `http://localhost:${port}`, port });
  return placeOf(server);
}

export async function placeOf(server: TestServer): Promise<Place> {
  const owner = await newPerson(server);
  return {
    issuer: server.url,
    server,
    application: (wish) => newApplication(server, owner.accountId, { redirectUris: [CALLBACK], ...wish }),
    newPerson: () => register(server.url),
    stop: () => server.stop(),
  };
}
