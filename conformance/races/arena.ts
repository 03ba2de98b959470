/**
 * Where the races are run: `keyhouse serve` in processes of their own over one database, an application, and somebody who has allowed it.
 * Nothing here needs the test runner, so that the full figure can be had without it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { postgresDatabase, sqliteDatabase, type TestDatabase } from '../../packages/server/test/databases.ts';
import { type Fleet, startFleet } from '../fleet.ts';
import { register } from '../person.ts';

const CALLBACK = 'https://app.example.com/callback';

/** As `@keyhouse/client`, and any client that minds `Retry-After`, asks again. */
const MAX_TRIES = 20;

export interface Answer {
  readonly status: number;
  readonly json: { readonly access_token?: string; readonly refresh_token?: string; readonly error?: string };
}

export interface Code {
  readonly code: string;
  readonly verifier: string;
}

export interface Arena {
  readonly name: string;
  /** A fresh code of the person, who has allowed the application before. */
  newCode(): Promise<Code>;
  redeem(code: Code, turn?: number): Promise<Answer>;
  /** Turns go round the servers. */
  refresh(refreshToken: string, turn?: number): Promise<Answer>;
  /** Whether a JWT opens a door at that server. */
  statusOf(jwt: string, turn?: number): Promise<number>;
  readonly servers: number;
  /** How often a server was too busy and said to come later (503): then the client does. */
  deferred(): number;
  stop(): Promise<void>;
}

/** One server over a file. */
export const sqliteArena = (): Promise<Arena> => start('SQLite, one server', sqliteDatabase(), 1);

/** Two servers over a fresh database of a PostgreSQL. */
export const postgresArena = async (serverUrl: string): Promise<Arena> =>
  start('PostgreSQL, two servers', await postgresDatabase(serverUrl), 2);

async function start(name: string, database: TestDatabase, servers: number): Promise<Arena> {
  const fleet = await startFleet(database, servers);
  const agent = new Agent({ keepAlive: true });
  let deferred = 0;
  const stop = async (): Promise<void> => {
    agent.destroy();
    await fleet.stop();
  };
  try {
    const person = await register(fleet.issuer);
    const application = await newApplication(fleet, person.email);
    const at = (turn: number): string => fleet.origins[turn % servers] ?? '';
    const tokens = async (form: Record<string, string>, turn: number): Promise<Answer> => {
      const body = new URLSearchParams({ ...form, client_id: application }).toString();
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      for (let tries = 1; ; tries++) {
        const { status, text } = await send(agent, `${at(turn)}/auth/token`, { method: 'POST', headers, body });
        if (status !== 503 || tries === MAX_TRIES) return { status, json: JSON.parse(text) };
        deferred++;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    };
    return {
      name,
      servers,
      deferred: () => deferred,
      stop,
      newCode: async () => {
        const verifier = randomBytes(32).toString('base64url');
        const url = new URL('/auth', fleet.issuer);
        url.search = new URLSearchParams({
          ...{ response_type: 'code', client_id: application, redirect_uri: CALLBACK, scope: 'invoices.read' },
          code_challenge: createHash('sha256').update(verifier).digest('base64url'),
          code_challenge_method: 'S256',
        }).toString();
        const { searchParams } = await person.answerTo(url, CALLBACK);
        return { code: searchParams.get('code') ?? '', verifier };
      },
      redeem: ({ code, verifier }, turn = 0) =>
        tokens({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK }, turn),
      refresh: (refreshToken, turn = 0) => tokens({ grant_type: 'refresh_token', refresh_token: refreshToken }, turn),
      statusOf: async (jwt, turn = 0) =>
        (await send(agent, `${at(turn)}/verify/api/invoices`, { headers: { Authorization: `Bearer ${jwt}` } })).status,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** On the operator's command line, beside the running server. */
async function newApplication(fleet: Fleet, email: string): Promise<string> {
  const made = await fleet.run('app', 'create', '--email', email, '--name', 'Racer', '--redirect-uri', CALLBACK, '--public');
  return String(made.client_id);
}

interface Sent {
  readonly method?: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** Over sockets that are kept: a hundred requests are to arrive at once, not a hundred handshakes. */
function send(agent: Agent, url: string, { method = 'GET', headers, body }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
