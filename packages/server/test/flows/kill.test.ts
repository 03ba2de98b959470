/**
 * The server is killed again and again while it writes. After each start a ledger of what it had answered is held against what it
 * says now: nothing that was answered is lost, and nothing that ended is alive again. KILL_CYCLES=500 for a long run.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatToken, makeTokenSecret } from '@keyhouse/protocol';
import { expect, it } from 'vitest';
import { TEST_PATIENCE_MS } from '../../../../test/patience.ts';
import { readConfig } from '../../src/config.ts';
import { hashSecret } from '../../src/core/credentials/verify.ts';
import { openKeyhouse } from '../../src/open.ts';
import { created } from '../created.ts';
import { type RunningProgram, startProgram } from '../program.ts';
import { OPERATOR } from '../server.ts';

const CYCLES = Number(process.env.KILL_CYCLES ?? 4);
const WRITERS = 8;
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** `unknown`: the kill came before the answer, and either is right. */
interface Entry {
  readonly text: string;
  readonly key?: Entry;
  state: 'alive' | 'over' | 'unknown';
  busy?: boolean;
}

it(
  `loses nothing that it answered, and revives nothing that ended, in ${CYCLES} kills under load`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyhouse-kill-'));
    const settings = { KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}` };
    const ledger: Entry[] = [];
    const starts: number[] = [];
    let writes = 0;
    try {
      for (let cycle = 0; cycle <= CYCLES; cycle++) {
        const fresh = await makeCredentials(settings);
        const server = await startProgram(settings);
        starts.push(server.startedInMs);
        await holdAgainst(server, cycle === CYCLES ? ledger : someOf(ledger));
        if (cycle < CYCLES) {
          ledger.push(...fresh);
          writes += await writeUntilKilled(server, ledger, fresh, 20 + Math.random() * 200);
        } else {
          expect(await server.stop()).toBe(0);
        }
      }
      const median = starts.sort((a, b) => a - b)[Math.floor(starts.length / 2)] ?? 0;
      console.log(`${CYCLES} kills, ${writes} answered writes, ${ledger.length} credentials; starts in ${Math.round(median)} ms`);
      expect(writes).toBeGreaterThan(CYCLES * 10);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  TEST_PATIENCE_MS + CYCLES * 30_000,
);

/** Four keys and four tokens, made beside the server as the command line does. */
async function makeCredentials(settings: Readonly<Record<string, string>>): Promise<Entry[]> {
  const { keyhouse, store } = await openKeyhouse(readConfig(settings), quiet);
  try {
    await keyhouse.prepare();
    const atMs = Date.now();
    const email = `${randomBytes(6).toString('hex')}@example.com`;
    const user = await store.accounts.createUser({
      user: {
        email,
        emailKey: email,
        passwordHash: 'none',
        displayName: '',
        firstName: '',
        lastName: '',
        isAdministrator: false,
        createdAtMs: atMs,
      },
      event: { event: 'user.created', atMs, by: OPERATOR },
    });
    if (user === null) throw new Error('taken');
    const common = { environment: 'live', accountId: user.accountId, name: 'kill', permissions: null, addresses: null } as const;
    const entries: Entry[] = [];
    for (let i = 0; i < 4; i++) {
      const key = await keyhouse.issueKey({ ...common, expiresAtMs: null, source: 'command-line' }, OPERATOR);
      if (!key.ok) throw new Error(key.reason);
      const secret = makeTokenSecret(randomBytes);
      const token = await created(
        store.credentials.issue({
          credential: {
            ...common,
            kind: 'token',
            userId: user.id,
            source: 'command-line',
            hash: hashSecret(secret),
            createdAtMs: atMs,
            expiresAtMs: null,
          },
          event: { event: 'token.created', atMs, by: OPERATOR },
        }),
      );
      entries.push({ text: key.value.text, state: 'alive' }, { text: formatToken(token.id, secret), state: 'alive' });
    }
    return entries;
  } finally {
    await keyhouse.close();
  }
}

async function writeUntilKilled(server: RunningProgram, ledger: Entry[], fresh: readonly Entry[], after: number) {
  const keys = fresh.filter(({ text }) => text.startsWith('kh_'));
  const tokens = fresh.filter(({ text }) => !text.startsWith('kh_'));
  let answered = 0;
  let killed = false;

  const mint = async (): Promise<void> => {
    const key = pick(keys);
    if (key === undefined) return;
    const answer = await post(server, '/auth', key.text, { permissions: ['invoices.read'] });
    if (answer === null) return;
    // The key may have been ended while this JWT was on its way.
    if (answer.status === 200) ledger.push({ text: answer.json.token, key, state: 'alive' });
    else expect(key.busy, answer.json.message).toBe(true);
  };
  const rotate = async (): Promise<void> => {
    const token = pick(tokens);
    if (token === undefined) return;
    token.busy = true;
    const answer = await post(server, '/api/v1/auth/tokens/rotate', token.text, { overlap_seconds: 0 });
    token.state = answer === null ? 'unknown' : 'over';
    if (answer === null) return;
    expect(answer.status).toBe(200);
    const next: Entry = { text: answer.json.access_token, state: 'alive' };
    ledger.push(next);
    tokens.push(next);
  };
  const revoke = async (entry: Entry | undefined): Promise<void> => {
    if (entry === undefined) return;
    entry.busy = true;
    const answer = await post(server, '/auth/revoke', null, new URLSearchParams({ token: entry.text }));
    entry.state = answer === null ? 'unknown' : 'over';
    if (answer !== null) expect(answer.status).toBe(200);
  };
  const write = async (): Promise<void> => {
    const dice = Math.random();
    if (dice < 0.6) await mint();
    else if (dice < 0.8) await revoke(pick(ledger.filter(({ key }) => key !== undefined)));
    else if (dice < 0.97) await rotate();
    else await revoke(pick(keys.slice(1)));
    if (killed) return;
    answered += 1;
    if (answered < after) return;
    killed = true;
    void server.kill();
  };
  const writer = async (): Promise<void> => {
    while (!killed) await write();
  };
  try {
    await Promise.all(Array.from({ length: WRITERS }, writer));
  } finally {
    await server.kill();
  }
  return answered;
}

async function holdAgainst(server: RunningProgram, entries: readonly Entry[]): Promise<void> {
  for (let start = 0; start < entries.length; start += 50) {
    await Promise.all(
      entries.slice(start, start + 50).map(async (entry) => {
        const { status } = await fetch(`${server.origin}/verify/api/invoices`, {
          headers: { authorization: `Bearer ${entry.text}` },
        });
        const states = [entry.state, entry.key?.state ?? 'alive'];
        if (states.includes('over')) expect([401, 429], `revived: ${entry.text}`).toContain(status);
        else if (!states.includes('unknown')) expect(status, `lost: ${entry.text}`).toBe(200);
      }),
    );
  }
}

/** Null: there was no answer. */
async function post(server: RunningProgram, path: string, bearer: string | null, body: object) {
  try {
    const isForm = body instanceof URLSearchParams;
    const answer = await fetch(server.origin + path, {
      method: 'POST',
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(isForm ? {} : { 'content-type': 'application/json' }),
      },
      body: isForm ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === '' ? {} : JSON.parse(text) };
  } catch {
    return null;
  }
}

function pick(entries: readonly Entry[]): Entry | undefined {
  const free = entries.filter(({ state, busy }) => state === 'alive' && busy !== true);
  return free[Math.floor(Math.random() * free.length)];
}

/** The latest, and some of the rest; all are looked at in the end. */
const someOf = (entries: readonly Entry[]): readonly Entry[] => [
  ...entries.slice(-400),
  ...entries.slice(0, -400).filter(() => Math.random() < 0.1),
];
