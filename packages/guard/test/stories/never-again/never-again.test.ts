/**
 * Nothing that was revoked is accepted again before its own expiry, in whatever order things are minted, revoked, disabled,
 * deleted and swept, servers are started with other settings, and time passes: not at `/verify`, not by introspection, not at a
 * guard, on both databases.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../../../server/test/databases.ts';
import { DAY_MS, Life, MINUTE_MS } from './life.ts';
import { type Door, isAllowed, openWorld, type World } from './world.ts';

const RUNS = 12;
const DOORS: readonly Door[] = ['verify', 'introspection', 'old guard', 'young guard'];

type Step = (life: Life, world: World) => Promise<unknown> | unknown;
/** A step with a name, so that a failure reads like a story. */
class Named {
  readonly #name: string;
  readonly run: Step;

  constructor(name: string, run: Step) {
    this.#name = name;
    this.run = run;
  }

  toString(): string {
    return this.#name;
  }
}

const which = fc.nat({ max: 20 });
const days = fc.constantFrom(1, 30, 300, 3000);

const step = (name: string, run: Step): fc.Arbitrary<Named> => fc.constant(new Named(name, run));

const mint = (life: fc.Arbitrary<number>): fc.Arbitrary<Named> =>
  fc.tuple(which, life, fc.boolean()).map((wish) => new Named(`mint ${wish}`, (it) => it.mint(...wish)));

const restart = (limit: fc.Arbitrary<number>): fc.Arbitrary<Named> =>
  limit.map((maxJwtDays) => new Named(`restart with ${maxJwtDays} days`, (_, world) => world.restart(maxJwtDays)));

const pass = (...spans: readonly number[]): fc.Arbitrary<Named> =>
  fc.constantFrom(...spans).map((ms) => new Named(`pass ${ms / DAY_MS} days`, (_, world) => world.pass(ms)));

const sweep = step('sweep', (_, world) => world.server.keyhouse.sweep());

const issue = fc
  .constantFrom('application' as const, 'session' as const)
  .map((to) => new Named(`issue to the ${to}`, (life) => life.issue(to)));

const account = fc.constantFrom('personal' as const, 'team' as const);

const suspending: fc.Arbitrary<Named> = fc.oneof(
  account.map((kind) => new Named(`suspend the ${kind} account`, (life) => life.suspend(kind))),
  step('disable the only owner of the team', (life) => life.disableFounder()),
);

const resuming: fc.Arbitrary<Named> = fc.oneof(
  account.map((kind) => new Named(`resume the ${kind} account`, (life) => life.resume(kind))),
  step('enable the owner of the team', (life) => life.enableFounder()),
);

const revoking: fc.Arbitrary<Named> = fc.oneof(
  which.map((at) => new Named(`revoke JWT ${at}`, (life) => life.revokeJwt(at))),
  which.map((at) => new Named(`revoke all JWTs of key ${at}`, (life) => life.revokeJwtsOfKey(at))),
  which.map((at) => new Named(`revoke key ${at}`, (life) => life.revokeKey(at))),
  which.map((at) => new Named(`narrow key ${at}`, (life) => life.narrowKey(at))),
  step('disable the user', (life) => life.disableUser()),
  step('delete the user', (life) => life.deleteUser()),
  step('delete the team', (life) => life.deleteTeam()),
  step('end the session', (life) => life.endSession()),
  step('delete the application', (life) => life.deleteApplication()),
  account.map((kind) => new Named(`delete the ${kind} account`, (life) => life.deleteAccount(kind))),
);

const anything: fc.Arbitrary<Named> = fc.oneof(
  { weight: 4, arbitrary: mint(days) },
  { weight: 3, arbitrary: issue },
  { weight: 2, arbitrary: restart(days) },
  { weight: 2, arbitrary: pass(MINUTE_MS, 4 * MINUTE_MS, 12 * MINUTE_MS, 2 * DAY_MS, 31 * DAY_MS, 367 * DAY_MS) },
  { weight: 2, arbitrary: sweep },
  { weight: 4, arbitrary: revoking },
  { weight: 2, arbitrary: step('enable the user', (life) => life.enableUser()) },
  { weight: 2, arbitrary: suspending },
  { weight: 3, arbitrary: resuming },
);

/** Any order; and the order in which things went wrong once, with anything in between. */
const stories: fc.Arbitrary<readonly Named[]> = fc.oneof(
  fc.array(anything, { minLength: 6, maxLength: 14 }),
  woven(
    restart(fc.constant(3660)),
    ...Array.from({ length: 3 }, () => mint(fc.constantFrom(300, 3000))),
    restart(days),
    revoking,
    pass(2 * DAY_MS, 31 * DAY_MS),
    sweep,
    restart(days),
    pass(MINUTE_MS, 200 * DAY_MS),
    sweep,
  ),
  woven(
    ...Array.from({ length: 3 }, () => mint(fc.constantFrom(300, 3000))),
    suspending,
    revoking,
    pass(2 * DAY_MS, 31 * DAY_MS),
    sweep,
    restart(days),
    resuming,
    pass(MINUTE_MS, 31 * DAY_MS),
    sweep,
    restart(days),
  ),
);

function woven(...fixed: readonly fc.Arbitrary<Named>[]): fc.Arbitrary<readonly Named[]> {
  const between = fc.array(anything, { maxLength: 1 });
  return fc.tuple(...fixed.flatMap((each) => [each.map((one) => [one]), between])).map((parts) => parts.flat());
}

eachDatabase('what was revoked', (makeDatabase) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(await makeDatabase());
  });
  afterAll(() => world.close());

  it('is accepted nowhere before its own end, and what was not is accepted everywhere', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const life = await Life.begin(world);
        for (const each of story) {
          await each.run(life, world);
          const expected = life.expected();
          const judged = await world.judge(expected.map(({ text }) => text));
          for (const [index, { name, holds }] of expected.entries())
            for (const door of DOORS) expect(judged[index]?.[door], `${name} at ${door} after ${each}`).toBe(holds);
        }
      }),
      // A smaller story takes minutes to find; the seed reproduces this one.
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  it('is remembered by a guard whose clock is ahead and is set back', async () => {
    await world.restart(366);
    const life = await Life.begin(world);
    await life.mint(0, 300, false);
    await life.mint(2, 300, false);
    await life.revokeKey(0);
    const passTwoMinutes = async (): Promise<void> => {
      world.pass(2 * MINUTE_MS);
      await world.server.keyhouse.revocations.follower.poll();
    };
    const skew = { aheadMs: 400 * DAY_MS };
    const guard = await world.newGuard(skew);
    await passTwoMinutes();
    const jwts = life.expected().filter(({ name }) => name.startsWith('JWT'));
    for (const { text, holds } of jwts) expect(await isAllowed(guard, text), 'it goes by Keyhouse').toBe(holds);
    skew.aheadMs = 0;
    await passTwoMinutes();
    for (const { text, holds } of jwts) expect(await isAllowed(guard, text)).toBe(holds);
    expect(jwts.map(({ holds }) => holds)).toEqual([false, true]);
    await guard.close();
  });
});
