/**
 * Slows down clients that guess passwords, and locks nobody out of their own account. Failures count in two buckets of ten in
 * five minutes: one for the address they come from, one for the user they are aimed at. A user who has signed in from an address
 * before has a separate bucket for this address, so that a stranger elsewhere cannot use theirs up. (A stranger behind the same
 * address can, for five minutes: the two cannot be told apart.)
 *
 * A point is taken before the password is verified and given back if it was right: of a hundred attempts at once no more than ten
 * are verified. Attempts that find no point while others are still being verified wait for those instead of being refused, so
 * that eleven people who arrive together with correct passwords all get in.
 */
import { createHmac } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { type Clock, DAY_MS } from '../lib/clock.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { mailboxOf } from '../mail/mailbox.ts';
import type { Claim } from '../passwords/fair-queue.ts';
import type { AccountsStore } from '../users/account.ts';
import type { SignInsStore } from './sign-in.ts';

export const MAX_FAILURES = 10;
export const FAILURE_WINDOW_SECONDS = 300;
/** An address that was not used for this long counts as a stranger's again. */
export const ADDRESS_KNOWN_FOR_MS = 180 * DAY_MS;
/** Attempts that may wait for others of one bucket. */
const MAX_WAITING = 64;

/** The prefix of the name of a bucket that holds `MAX_A_DAY` points for a day, and not `MAX_FAILURES` for five minutes. */
export const A_DAY = 'day:';
export const MAX_A_DAY = 100;

/** Counts in named buckets; shared by all servers if there are several. */
export interface Limiter {
  /** Takes one of the bucket's points, or says in how many seconds there will be one; in that case none was taken. */
  take(bucket: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number }>;
  giveBack(bucket: string): Promise<void>;
  /** Gives all of its points back. */
  clear(bucket: string): Promise<void>;
}

/** The same for attempts that are undecided for a while: one that finds no point waits for others that hold one. */
export interface PatientLimiter extends Pick<Limiter, 'take' | 'clear'> {
  /** Once for each point that was taken. `failed`: it stays taken. */
  release(bucket: string, result: 'failed' | 'not_failed'): Promise<void>;
}

export interface SignInTry {
  /** SHA-256 (hex) of the browser's mark, from its cookie; left out or null: it has none. */
  readonly browserHash?: string | null;
  /** Null if there is no such user; then the same is asked and it takes the same time. */
  readonly userId: number | null;
  readonly emailKey: string;
  /** The client's address, or its replacement if it cannot be read (`Peer`); null at the command line. */
  readonly address: string | null;
}

export type Admission =
  /** `settle` is always called, once: with `failed`, the points stay taken. */
  | {
      readonly ok: true;
      readonly addressHash: string | null;
      readonly claim: Claim;
      settle(result: 'failed' | 'not_failed'): Promise<void>;
    }
  | { readonly ok: false; readonly retryAfterSeconds: number };

export type RegistrationAdmission =
  /** `settle` is always called, once. */
  | {
      readonly ok: true;
      readonly addressHash: string | null;
      settle(result: 'registered' | 'taken' | 'neither'): Promise<void>;
    }
  | { readonly ok: false; readonly retryAfterSeconds: number };

export interface SignInLimits {
  admit(attempt: SignInTry): Promise<Admission>;
  /**
   * For registrations from an address: ten in five minutes and a hundred in a day are admitted, and as many are told that an
   * address is taken. Malformed requests do not count.
   */
  admitRegistration(address: string | null): Promise<RegistrationAdmission>;
  /**
   * The same for mails that somebody requests: each one counts, for the network that requests it and for the address that it goes
   * to.
   */
  admitMail(
    to: string,
    address: string | null,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number }>;
  /** Forgets the failures that were aimed at a user, from any address; those counted for an address stay. */
  clear(user: { readonly userId: number; readonly emailKey: string }): Promise<void>;
}

interface ClientNetwork {
  readonly network: string;
  /** From wide to narrow. */
  readonly networks: readonly string[];
  /**
   * By which a user's network is remembered; null for one that is not an address: it is shared by all whose address cannot be
   * read.
   */
  readonly hash: string | null;
}

export interface SignInLimitsPorts {
  readonly limiter: Limiter;
  /** Where several processes share what is counted in memory. Left out: this process alone has `limiter`. */
  readonly sharedLimiter?: PatientLimiter | undefined;
  readonly accounts: Pick<AccountsStore, 'knowsAddress' | 'knownAddresses'>;
  readonly signIns: Pick<SignInsStore, 'knowsBrowser'>;
  readonly clock: Clock;
  /** Keys the hashes of addresses, which are too few to be hidden by a plain hash. */
  readonly addressKey: Uint8Array;
}

export function createSignInLimits(ports: SignInLimitsPorts): SignInLimits {
  const { accounts, signIns, clock, addressKey } = ports;
  const limiter = ports.sharedLimiter ?? waitForOthers(ports.limiter);

  async function admit({ userId, emailKey, address, browserHash = null }: SignInTry): Promise<Admission> {
    const client = clientNetworkOf(address);
    // Also looked up for a user who does not exist (ids begin at 1): the time must not reveal it.
    const hash = client?.hash ?? null;
    const known = hash !== null && (await accounts.knowsAddress(userId ?? 0, hash, clock.now() - ADDRESS_KNOWN_FOR_MS));
    const { known: knowsBrowser } = await signIns.knowsBrowser(userId ?? 0, browserHash);
    const user = bucketOf(emailKey);
    const claim = claimOf(known || knowsBrowser, client, user);
    // A browser that this user has signed in with has a secret that no stranger has, so it gets in whatever others do from the
    // same address.
    const buckets = knowsBrowser
      ? [`${user}:${KNOWN_BROWSER}`]
      : [...(client === null ? [] : [`address:${client.network}`]), known ? `${user}:${hash}` : user];
    return withClaim(await takeAll(buckets, client), claim);
  }

  async function admitRegistration(address: string | null): Promise<RegistrationAdmission> {
    const client = clientNetworkOf(address);
    const wide = client === null ? null : siteOf(client);
    const guesses = await takeAll(client === null ? [] : [`register:${client.network}`], client);
    if (!guesses.ok) return guesses;
    const made = await takeAll(wide === null ? [] : [`registered:${wide}`, `${A_DAY}registered:${wide}`], client).catch(
      async (error: unknown) => {
        await guesses.settle('not_failed');
        throw error;
      },
    );
    if (!made.ok) {
      await guesses.settle('not_failed');
      return made;
    }
    return {
      ok: true,
      addressHash: guesses.addressHash,
      async settle(result) {
        // Both, even if the limiter fails for one: an attempt that waits for a point that is never settled waits for ever.
        await Promise.all([
          guesses.settle(result === 'taken' ? 'failed' : 'not_failed'),
          made.settle(result === 'registered' ? 'failed' : 'not_failed'),
        ]);
      },
    };
  }

  async function clear({ userId, emailKey }: { userId: number; emailKey: string }): Promise<void> {
    const user = bucketOf(emailKey);
    const hashes = await accounts.knownAddresses(userId);
    const buckets = [user, `${user}:${KNOWN_BROWSER}`, ...hashes.map((hash) => `${user}:${hash}`)];
    await Promise.all(buckets.map((bucket) => limiter.clear(bucket)));
  }

  async function admitMail(to: string, address: string | null): ReturnType<SignInLimits['admitMail']> {
    const client = clientNetworkOf(address);
    const recipient = `mail:${sha256Hex(to.includes('@') ? mailboxOf(to) : to)}`;
    const admission = await takeAll([...(client === null ? [] : [`mails-of:${client.network}`]), recipient], client);
    if (!admission.ok) return admission;
    await admission.settle('failed');
    return { ok: true };
  }

  async function takeAll(buckets: readonly string[], client: ClientNetwork | null): Promise<Taken> {
    const taken: string[] = [];
    for (const bucket of buckets) {
      const point = await limiter.take(bucket).catch(async (error: unknown) => {
        await release(taken, 'not_failed');
        throw error;
      });
      if (!point.ok) {
        await release(taken, 'not_failed');
        return point;
      }
      taken.push(bucket);
    }
    return { ok: true, addressHash: client?.hash ?? null, settle: (result) => release(taken, result) };
  }

  function clientNetworkOf(address: string | null): ClientNetwork | null {
    if (address === null) return null;
    const network = networkOf(address);
    const hash = ipaddr.isValid(address) ? createHmac('sha256', addressKey).update(network).digest('hex') : null;
    return { network, networks: networksOf(address), hash };
  }

  async function release(buckets: readonly string[], result: 'failed' | 'not_failed'): Promise<void> {
    await Promise.all(buckets.map((bucket) => limiter.release(bucket, result)));
  }

  return { admit, admitRegistration, admitMail, clear };
}

/**
 * What counts as one network for registrations that succeed: an IPv4 address, or the /48 around an IPv6 address, because a
 * customer of IPv6 has many /64 networks. `networksOf` gives four for IPv6: /32, /48, /56, /64.
 */
const siteOf = ({ network, networks }: ClientNetwork): string => (networks.length === 4 ? (networks[1] ?? network) : network);

/** The bucket of all browsers that a user has signed in with; nobody else can fill it. */
const KNOWN_BROWSER = 'known-browser';

type Taken = Omit<Extract<Admission, { ok: true }>, 'claim'> | Extract<Admission, { ok: false }>;

const withClaim = (taken: Taken, claim: Claim): Admission => (taken.ok ? { ...taken, claim } : taken);

const claimOf = (isKnown: boolean, client: ClientNetwork | null, person: string): Claim => ({
  isKnown,
  networks: client?.networks ?? [],
  person,
});

const bucketOf = (emailKey: string): string => `user:${sha256Hex(emailKey)}`;

/**
 * What counts as one network: an IPv4 address, or the /64 that IPv6 gives to one customer. IPv4 within IPv6 is IPv4. A text that
 * is not an address counts as a network of its own, such as that of all clients whose address a trusted proxy does not report.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return `unknown:${address.slice(0, 64)}`;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const prefix = parsed.toByteArray().slice(0, 8);
  return `${Buffer.from(prefix).toString('hex')}/64`;
}

/** The same network within its wider networks, so that a flood from many addresses of one network waits behind itself. */
export function networksOf(address: string): readonly string[] {
  const network = networkOf(address);
  if (!ipaddr.isValid(address)) return [network];
  const parsed = ipaddr.process(address);
  const bytes = Buffer.from(parsed.toByteArray());
  const widths = parsed.kind() === 'ipv4' ? [2, 3] : [4, 6, 7];
  return [...widths.map((width) => `${bytes.subarray(0, width).toString('hex')}/${width * 8}`), network];
}

interface Queue {
  /** Attempts of this process that ask, wait, or are being verified; when none is left, the queue is deleted. */
  attempts: number;
  /** Those of them that hold a point and are being verified. */
  undecided: number;
  readonly waiting: (() => void)[];
  /** They ask one after the other: an answer that overtakes another would make the first refusal wrong. */
  lastAnswer: Promise<unknown>;
}

/** For all attempts of one process, or of several that ask it. */
export function waitForOthers(limiter: Limiter): PatientLimiter {
  const queues = new Map<string, Queue>();

  async function take(bucket: string): ReturnType<Limiter['take']> {
    const queue = queues.get(bucket) ?? { attempts: 0, undecided: 0, waiting: [], lastAnswer: Promise.resolve() };
    queues.set(bucket, queue);
    queue.attempts++;
    try {
      const point = await takeOrWait(bucket, queue);
      if (!point.ok) leave(bucket, queue);
      return point;
    } catch (error) {
      leave(bucket, queue);
      throw error;
    }
  }

  async function takeOrWait(bucket: string, queue: Queue): ReturnType<Limiter['take']> {
    for (;;) {
      const point = await inTurn(queue, () => limiter.take(bucket));
      if (point.ok || queue.undecided === 0 || queue.waiting.length >= MAX_WAITING) return point;
      await new Promise<void>((resume) => queue.waiting.push(resume));
    }
  }

  async function inTurn(queue: Queue, ask: () => ReturnType<Limiter['take']>): ReturnType<Limiter['take']> {
    const answer = queue.lastAnswer.then(ask).then((point) => {
      if (point.ok) queue.undecided++;
      return point;
    });
    queue.lastAnswer = answer.catch(() => {});
    return await answer;
  }

  /** One decision makes room for one attempt; after the last decision there is nothing left to wait for. */
  async function release(bucket: string, result: 'failed' | 'not_failed'): Promise<void> {
    const queue = queues.get(bucket);
    if (queue === undefined) throw new Error('An attempt was given back that was never counted.');
    try {
      if (result === 'not_failed') await limiter.giveBack(bucket);
    } finally {
      queue.undecided--;
      for (const resume of queue.waiting.splice(0, queue.undecided === 0 ? queue.waiting.length : 1)) resume();
      leave(bucket, queue);
    }
  }

  function leave(bucket: string, queue: Queue): void {
    queue.attempts--;
    if (queue.attempts === 0) queues.delete(bucket);
  }

  return { take, release, clear: limiter.clear };
}
