/**
 * The races of a session. Each returns what went against the promise, in words; nothing is what we want to hear.
 *
 * - *refresh*: a hundred refreshes with one token. All of them get one and the same successor, each with a JWT of its own, and the session lives.
 * - *replay*: a refresh token that is two steps old comes back, ten times at once, while the owner refreshes. The session is dead at every server,
 *   and so are its JWTs.
 * - *code*: a hundred redemptions of one code. One succeeds; the others are reuse, which ends what it bought.
 */
import { PATIENCE_MS } from '../../test/patience.ts';
import type { Answer, Arena } from './arena.ts';

export interface Tally {
  readonly rounds: number;
  readonly requests: number;
  readonly seconds: number;
  readonly faults: readonly string[];
}

const REPLAYS = 10;

type Round = () => Promise<{ readonly requests: number; readonly faults: readonly string[] }>;

export async function raceRefreshes(arena: Arena, rounds: number, racers: number): Promise<Tally> {
  let token = await openSession(arena);
  const tally = await runRounds(rounds, async () => {
    const answers = await together(racers, (turn) => arena.refresh(token, turn));
    const refused = answers.filter(({ status }) => status !== 200);
    const honoured = answers.filter(({ status }) => status === 200);
    const successors = new Set(honoured.map(({ json }) => json.refresh_token ?? token));
    const jwts = new Set(honoured.map(({ json }) => json.access_token));
    const faults = [
      ...(refused.length > 0 ? [`${refused.length} honest refreshes were refused: ${described(refused[0])}`] : []),
      ...(successors.size !== 1 ? [`${successors.size} successors of one token`] : []),
      ...(successors.has(token) ? ['a refresh that moved nothing on'] : []),
      ...(jwts.size !== honoured.length ? [`${honoured.length} racers got ${jwts.size} JWTs`] : []),
    ];
    [token = token] = successors;
    return { requests: racers, faults };
  });
  const last = await arena.refresh(token);
  return last.status === 200 ? tally : { ...tally, faults: [...tally.faults, `the session was lost: ${described(last)}`] };
}

export async function raceReplays(arena: Arena, rounds: number): Promise<Tally> {
  return await runRounds(rounds, async () => {
    const oldest = await openSession(arena);
    const second = (await arena.refresh(oldest)).json.refresh_token ?? '';
    const { refresh_token: newest = '', access_token: jwt = '' } = (await arena.refresh(second)).json;
    const [owner, ...thieves] = await Promise.all([
      arena.refresh(newest),
      ...Array.from({ length: REPLAYS }, (_, turn) => arena.refresh(oldest, turn)),
    ]);
    const faults = thieves.filter(({ status }) => status !== 400).map((answer) => `a replay was honoured: ${described(answer)}`);
    for (let server = 0; server < arena.servers; server++) {
      for (const token of [newest, owner.json.refresh_token ?? newest]) {
        const answer = await arena.refresh(token, server);
        if (answer.status !== 400) faults.push(`the session lives on after a replay: ${described(answer)}`);
      }
      for (const each of [jwt, owner.json.access_token ?? jwt])
        if (!(await isDead(arena, each, server))) faults.push('a JWT of the session lives on after a replay');
    }
    return { requests: REPLAYS + 1, faults };
  });
}

export async function raceRedemptions(arena: Arena, rounds: number, racers: number): Promise<Tally> {
  return await runRounds(rounds, async () => {
    const code = await arena.newCode();
    const answers = await together(racers, (turn) => arena.redeem(code, turn));
    const won = answers.filter(({ status }) => status === 200);
    const odd = answers.filter(({ status, json }) => status !== 200 && json.error !== 'invalid_grant');
    const faults = odd.map((answer) => `a redemption was refused otherwise: ${described(answer)}`);
    if (won.length !== 1) faults.push(`${won.length} redemptions of one code succeeded`);
    for (const { json } of won) {
      const answer = await arena.refresh(json.refresh_token ?? '');
      if (answer.status !== 400) faults.push(`what a reused code bought lives on: ${described(answer)}`);
      if (!(await isDead(arena, json.access_token ?? '', arena.servers - 1))) faults.push('a JWT of a reused code lives on');
    }
    return { requests: racers, faults };
  });
}

async function runRounds(rounds: number, round: Round): Promise<Tally> {
  const startedAtMs = performance.now();
  const faults: string[] = [];
  let requests = 0;
  for (let number = 1; number <= rounds; number++) {
    const ran = await round();
    requests += ran.requests;
    faults.push(...ran.faults.map((fault) => `round ${number}: ${fault}`));
  }
  return { rounds, requests, seconds: (performance.now() - startedAtMs) / 1000, faults };
}

async function openSession(arena: Arena): Promise<string> {
  const answer = await arena.redeem(await arena.newCode());
  if (answer.json.refresh_token === undefined) throw new Error(`No session was opened: ${described(answer)}`);
  return answer.json.refresh_token;
}

async function isDead(arena: Arena, jwt: string, server: number): Promise<boolean> {
  const untilMs = performance.now() + PATIENCE_MS;
  while ((await arena.statusOf(jwt, server)) !== 401) {
    if (performance.now() > untilMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

const together = (racers: number, run: (turn: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: racers }, (_, turn) => run(turn)));

const described = (answer: Answer | undefined): string => `${answer?.status} ${answer?.json.error ?? ''}`.trimEnd();
