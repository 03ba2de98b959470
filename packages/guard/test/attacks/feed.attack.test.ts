/**
 * An attacker who can interfere with the feed wants one of two things: that a revocation is not received, or that something valid
 * is taken for revoked. Neither works with anything except a message of Keyhouse's own, signed, whole and in its order; and
 * silence is noticed.
 */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FeedMessage } from '@keyhouse/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN, SLOW } from './bodies.ts';
import { asEvent, encode, type Forger, newForger, type Signed, signJws, signMessage } from './forge.ts';
import {
  changed,
  FEED,
  type Issuer,
  inGroups,
  JWKS,
  json,
  type Spoil,
  startIssuer,
  until,
  type Victim,
  watchProcess,
} from './issuer.ts';

const faults = watchProcess();
/** Its key is in the set of the guards under attack: what it signs is correctly signed. */
const insider = newForger('insider');
const stranger = newForger('insider');
const nobody = newForger('nobody');
let issuer: Issuer;
let accountId: number;
let jwt: string;
let revoked: string;
beforeAll(async () => {
  issuer = await startIssuer();
  ({ accountId } = await issuer.keyhouse.register());
  jwt = await mint();
  revoked = await mint();
  await issuer.keyhouse.request('/auth/revoke', { body: { token: revoked } });
});
afterAll(async () => {
  await issuer.stop();
  expect(faults).toEqual([]);
});

async function mint(): Promise<string> {
  const key = await issuer.keyhouse.key(accountId);
  return (await issuer.keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
}

const withInsider: Spoil = changed(({ keys }) => ({ keys: [...keys, insider.jwk] }));
const victimOf = async (): Promise<Victim> => {
  const victim = await issuer.victim({ staleAfterMs: 1000 }, { [JWKS]: withInsider });
  await victim.keyhouse.ready();
  return victim;
};
const lagOf = (victim: Victim) => () => victim.keyhouse.guard.lagMs;

/** Now, one position further than Keyhouse is, and everything of this account revoked. */
function evil(members: Partial<FeedMessage> = {}): FeedMessage {
  const { epoch, position } = issuer.keyhouse.keyhouse.revocations.feed.position();
  const change = { kind: 'account', id: `${accountId}`, beforeMs: Date.now() + 60_000, endsAtMs: null } as const;
  const atMs = Date.now();
  return { epoch, after: position, position: position + 1, atMs, whole: false, jtis: [], revocations: [change], ...members };
}

const open = (response: ServerResponse): void => void response.writeHead(200, { 'content-type': 'text/event-stream' });

/** Sends it at once, and again ten times a second. */
const says =
  (event: () => string): Spoil =>
  (response) => {
    open(response);
    const timer = setInterval(() => response.write(event()), 100);
    response.write(event());
    response.on('close', () => clearInterval(timer));
  };

const signed = (forger: Forger, message = evil(), lies: Parameters<typeof signMessage>[3] = {}): Signed =>
  signMessage(forger, issuer.url, message, lies);
const withSignature = (make: (good: Signed) => string): Signed => {
  const good = signed(insider);
  return { text: good.text, signature: make(good) };
};
const past = (): number => Date.now() - 120_000;
const otherEpoch = 'f'.repeat(32);

const EVIL: Readonly<Record<string, () => Signed>> = {
  'with an empty signature': () => withSignature(() => ''),
  'with a signature of another key under the same name': () => signed(stranger),
  'signed by nobody known': () => signed(nobody),
  'with the signature of another message': () =>
    withSignature(() => signMessage(insider, issuer.url, evil({ revocations: [] })).signature),
  'with a JWT for a signature': () => withSignature(() => jwt),
  'with a signature that says it is a JWT': () => signed(insider, evil(), { header: { typ: 'at+jwt' } }),
  'with a signature of no type': () => signed(insider, evil(), { header: { typ: undefined } }),
  'with the algorithm none': () => signed(insider, evil(), { header: { alg: 'none' } }),
  'with another algorithm': () => signed(insider, evil(), { header: { alg: 'RS256' } }),
  'with a header that nobody knows': () => signed(insider, evil(), { header: { crit: ['exp'], exp: 1 } }),
  'with a key of its own': () => signed(stranger, evil(), { header: { jwk: stranger.jwk } }),
  'of another issuer': () => signed(insider, evil(), { payload: { iss: 'https://keys.example.org' } }),
  'whose signature is of another position': () => signed(insider, evil(), { payload: { position: 1 } }),
  'whose signature is of another list': () => signed(insider, evil(), { payload: { epoch: otherEpoch } }),
  'whose signature is of another time': () => signed(insider, evil(), { payload: { atMs: 1 } }),
  'with one letter changed': () => {
    const { text, signature } = signed(insider);
    return { text: text.replace(`"id":"${accountId}"`, `"id":"${accountId + 1}"`), signature };
  },
  'with more members than there are': () => {
    const message = evil();
    const text = JSON.stringify({ ...JSON.parse(signMessage(insider, issuer.url, message).text), also: 1 });
    const sha256 = createHash('sha256').update(text).digest('base64url');
    return { text, signature: signed(insider, message, { payload: { sha256 } }).signature };
  },
  'that goes backwards': () => signed(insider, evil({ after: 0, position: 0 })),
  'of the past': () => signed(insider, evil({ atMs: past() })),
  'of the past, of the whole list': () => signed(insider, evil({ atMs: past(), whole: true, after: 0 })),
  'after a gap': () => signed(insider, evil({ after: evil().position + 4, position: evil().position + 5 })),
  'of another list': () => signed(insider, evil({ epoch: otherEpoch })),
  'of another whole list, unsigned': () => signed(nobody, evil({ epoch: otherEpoch, whole: true, after: 0 })),
};
const EVIL_EVENTS: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(Object.entries(EVIL).map(([name, make]) => [name, () => asEvent(make())])),
  'without a signature': () => `event: revocations\ndata: ${signed(insider).text}\n\n`,
  'in six lines': () => asEvent(withSignature(({ signature }) => `${signature}${`\ndata: ${signature}`.repeat(5)}`)),
  'with a broken letter': () => asEvent(signed(insider)).replace('"epoch"', '"\ud800"'),
};

describe('a stream', () => {
  /** Nothing of it is trusted: neither its content, nor that the guard is up to date. */
  async function disbelieves([name, event]: [string, () => string]): Promise<void> {
    const victim = await victimOf();
    expect([name, (await victim.ask(jwt)).status]).toEqual([name, 200]);
    victim.spoil(FEED, says(event));
    victim.cut();
    const before = victim.keyhouse.guard.metrics().revocations;
    await until(lagOf(victim), (lagMs) => lagMs > 1500);
    expect([name, victim.keyhouse.guard.metrics().revocations]).toEqual([name, before]);
    expect([name, (await victim.ask(jwt)).status]).toEqual([name, 200]);
    expect([name, (await victim.ask(revoked)).status]).toEqual([name, 401]);
    expect([name, victim.said.filter((line) => line.startsWith(`${FEED}: `))]).not.toEqual([name, []]);
    victim.keepsQuietAbout([jwt, revoked]);
    victim.heal();
    victim.spoil(JWKS, withInsider);
    await until(lagOf(victim), (lagMs) => lagMs < 1000);
    await victim.stop();
  }

  it('is believed nothing of what Keyhouse did not say, or did not say now', async () => {
    await inGroups(Object.entries(EVIL_EVENTS), disbelieves);
  });

  it('is believed when it is as it should be: the attack is one', async () => {
    const victim = await victimOf();
    victim.spoil(
      FEED,
      says(() => asEvent(signed(insider))),
    );
    victim.cut();
    await until(
      async () => (await victim.ask(jwt)).status,
      (status) => status === 401,
    );
    await victim.stop();
  });

  it('may fall silent, drip, flood or break off: what was heard stands, what was not is asked for, and the guard comes back', async () => {
    const flood =
      (text: string, everyMs: number): Spoil =>
      (response) => {
        open(response);
        const timer = setInterval(() => response.write(text), everyMs);
        response.on('close', () => clearInterval(timer));
      };
    const quiet: Readonly<Record<string, Spoil>> = {
      ...BROKEN,
      ...SLOW,
      'says nothing': open,
      'ends at once': (response) => {
        open(response);
        response.end();
      },
      'sends comments only': flood(':\n\n', 20),
      'sends events that are none': flood('event: revocations\n\n', 20),
      'drips bytes without a line': flood('x', 20),
      'drips a line that never ends': flood('data: x'.repeat(1000), 5),
    };
    await inGroups(Object.entries(quiet), async ([name, how]) => {
      const victim = await victimOf();
      victim.spoil(FEED, how);
      victim.cut();
      await until(lagOf(victim), (lagMs) => lagMs > 1500);
      const gone = await mint();
      await issuer.keyhouse.request('/auth/revoke', { body: { token: gone } });
      const statuses = await Promise.all([jwt, revoked, gone].map(async (text) => (await victim.ask(text)).status));
      expect([name, ...statuses]).toEqual([name, 200, 401, 401]);
      victim.keepsQuietAbout([jwt, revoked, gone]);
      victim.heal();
      victim.spoil(JWKS, withInsider);
      // One that hangs is given up after ten seconds; healing has cut it.
      await until(lagOf(victim), (lagMs) => lagMs < 1000);
      expect([name, (await victim.ask(gone)).status]).toEqual([name, 401]);
      await victim.stop();
    });
  });

  it('whose heartbeats stop is given up, and taken up again', async () => {
    const victim = await victimOf();
    let opened = 0;
    victim.spoil(FEED, (response) => {
      opened += 1;
      open(response);
      response.write(asEvent(signed(insider, evil({ revocations: [], position: evil().after }))));
    });
    victim.cut();
    await until(
      () => opened,
      (times) => times === 2,
    );
    expect(victim.said).toContain(`${FEED}: the feed sent nothing for too long.`);
    await victim.stop();
  });
});

describe('a list that is looked at now and then, as in workers', () => {
  it('is not believed either', async () => {
    const answers: Readonly<Record<string, Spoil>> = {
      ...BROKEN,
      ...Object.fromEntries(
        Object.entries(EVIL).map(([name, make]): [string, Spoil] => [
          name,
          (...passed) => {
            const { text, signature } = make();
            json(text, { 'x-keyhouse-signature': signature })(...passed);
          },
        ]),
      ),
    };
    await inGroups(Object.entries(answers), async ([name, how]) => {
      const victim = await issuer.victim({ feed: 'poll', staleAfterMs: 1000 }, { [JWKS]: withInsider });
      await victim.keyhouse.ready();
      victim.spoil(FEED, how);
      await until(lagOf(victim), (lagMs) => lagMs > 1000);
      expect([name, (await victim.ask(jwt)).status]).toEqual([name, 200]);
      expect([name, victim.keyhouse.guard.lagMs > 1000]).toEqual([name, true]);
      expect([name, (await victim.ask(revoked)).status]).toEqual([name, 401]);
      victim.keepsQuietAbout([jwt, revoked]);
      victim.heal();
      victim.spoil(JWKS, withInsider);
      await until(
        async () => (await victim.ask(jwt)) && victim.keyhouse.guard.lagMs,
        (lagMs) => lagMs < 1000,
      );
      await victim.stop();
    });
  });

  it('is looked at once for a token as well, and then it is fresh for it', async () => {
    const victim = await issuer.victim({ feed: 'poll', staleAfterMs: 1000, whenStale: 'refuse' });
    await victim.keyhouse.ready();
    await until(lagOf(victim), (lagMs) => lagMs > 1000);
    const { token } = await issuer.keyhouse.register();
    expect((await victim.ask(token)).status).toBe(200);
    await victim.stop();
  });

  it('lets no request wait for ever for the list', async () => {
    const victim = await issuer.victim({ feed: 'poll', staleAfterMs: 1000 });
    await victim.keyhouse.ready();
    victim.spoil(FEED, () => {});
    await until(lagOf(victim), (lagMs) => lagMs > 1000);
    // The list never comes: that the answer comes shows the limit on waiting for it.
    expect((await victim.ask(jwt)).status).toBe(200);
    await victim.stop();
  });
});

describe('a signature of the feed', () => {
  it('is no JWT, and a JWT of the feed’s own words is none', async () => {
    const victim = await victimOf();
    const { text, signature } = signMessage(insider, issuer.url, evil());
    for (const bearer of [signature, signJws(insider, { alg: 'ES256', kid: 'insider', typ: 'at+jwt' }, text)])
      expect((await victim.ask(bearer)).status).toBe(401);
    const payload = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString();
    for (const typ of ['revocations+jws', 'JWT', 'at+jwt ', 'application/jwt', ''])
      expect((await victim.ask(signJws(insider, { alg: 'ES256', kid: 'insider', typ }, payload))).status).toBe(401);
    expect((await victim.ask(`${encode({ alg: 'ES256', kid: 'insider', typ: 'at+jwt' })}.${jwt.split('.')[1]}.AA`)).status).toBe(
      401,
    );
    await victim.stop();
  });
});
