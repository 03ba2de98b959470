/** The limits in force, and the state of this server. */

import { MAX_OVERLAP_SECONDS } from '../../../core/credentials/rotate.ts';
import { UNUSED_TOKEN_DAYS } from '../../../core/credentials/verify.ts';
import { MAX_ADDRESSES } from '../../../core/credentials/wish.ts';
import { MAX_LIVE_JWTS_PER_KEY } from '../../../core/jwts/mint.ts';
import type { Keyhouse } from '../../../core/keyhouse.ts';
import { CEILINGS } from '../../../core/lib/ceilings.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../core/lib/clock.ts';
import { TRUST_FOR_MS } from '../../../core/revocations/follower.ts';
import { PROOF_LASTS_MS, SIGN_IN_IDLE_MS, SIGN_IN_MAX_MS } from '../../../core/sign-ins/sign-in.ts';
import { FAILURE_WINDOW_SECONDS, MAX_FAILURES } from '../../../core/sign-ins/sign-in-limits.ts';
import { INVITATION_LASTS_MS, MAX_INVITATIONS_A_DAY, MAX_INVITATIONS_A_DAY_UNVERIFIED } from '../../../core/teams/invitation.ts';
import { toTimestamp } from '../../schemas.ts';
import { VERSION } from '../../version.ts';
import type { DashboardPorts, Serve } from '../serve.ts';

export function operatorHealthRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('GET /operator/limits', () => ({ limits: limitsOf(keyhouse) }));

  serve('GET /operator/health', async () => ({
    version: VERSION,
    database: keyhouse.facts.database,
    started_at: toTimestamp(keyhouse.facts.startedAtMs),
    checks: await Promise.all(CHECKS.map((check) => run(check, keyhouse))),
  }));
}

interface Limit {
  readonly name: string;
  readonly value: string;
  readonly why: string;
  /** The setting that changes it; null: it is fixed. */
  readonly setting: string | null;
}

function limitsOf({ facts: { maxJwtDays } }: Keyhouse): Limit[] {
  const fixed = (name: string, value: string, why: string): Limit => ({ name, value, why, setting: null });
  const days = (ms: number): string => `${ms / DAY_MS} days`;
  return [
    fixed(
      'Failed sign-ins',
      `${MAX_FAILURES} in ${FAILURE_WINDOW_SECONDS / 60} minutes`,
      'Per user and per IP address; successful attempts don’t count.',
    ),
    fixed('Proof', `${PROOF_LASTS_MS / MINUTE_MS} minutes`, 'Time before the password is asked for again.'),
    fixed('Sign-in, unused', days(SIGN_IN_IDLE_MS), 'A browser that was not used for this long is signed out.'),
    fixed('Sign-in, at most', days(SIGN_IN_MAX_MS), 'Regardless of activity.'),
    {
      name: 'JWT, at most',
      value: `${maxJwtDays} days`,
      why: 'The longest lifetime of a JWT that is minted from a key.',
      setting: 'KEYHOUSE_MAX_JWT_DAYS',
    },
    fixed(
      'JWTs of one key',
      MAX_LIVE_JWTS_PER_KEY.toLocaleString('en'),
      'Active ones. At this number, minting is refused until some expire or are revoked.',
    ),
    fixed(
      'Overlap of a rotation',
      days(MAX_OVERLAP_SECONDS * SECOND_MS),
      'The longest time that a previous secret keeps working.',
    ),
    fixed(
      'Tokens from sign-ins, unused',
      `${UNUSED_TOKEN_DAYS} days`,
      'A token that was created by a sign-in expires if it is not used for this long.',
    ),
    fixed('Addresses of one credential', String(MAX_ADDRESSES), 'Address blocks that it may be used from.'),
    fixed('Invitation', days(INVITATION_LASTS_MS), 'How long the link works.'),
    fixed(
      'Invitations by one user',
      `${MAX_INVITATIONS_A_DAY} in 24 hours`,
      `Prevents invitations from being used for spam. ${MAX_INVITATIONS_A_DAY_UNVERIFIED} while the sender’s own address is not verified.`,
    ),
    fixed('Teams owned by one user', String(CEILINGS.teamsOfOwner), 'At this number, no other team can be created.'),
    ...ceilings(fixed),
  ];
}

/** `core/lib/ceilings.ts`, for people. */
function ceilings(fixed: (name: string, value: string, why: string) => Limit): Limit[] {
  const refused = 'Active ones. At this number, no other can be created.';
  const rows: readonly (readonly [name: string, most: number, why: string])[] = [
    ['API keys of one account', CEILINGS.keysOfAccount, refused],
    [
      'Tokens of one user',
      CEILINGS.tokensOfUser,
      'Active ones that were not created by a sign-in. At this number, no other can be created.',
    ],
    [
      'Tokens from sign-ins of one user',
      CEILINGS.logInTokensOfUser,
      'At the next sign-in, the token that was unused for longest is revoked.',
    ],
    ['Applications of one account', CEILINGS.applicationsOfAccount, 'At this number, no other can be added.'],
    [
      'Open invitations of one team',
      CEILINGS.invitationsOfTeam,
      'At this number, no other can be sent until one is accepted, revoked or expires.',
    ],
    ['Passkeys of one user', CEILINGS.passkeysOfUser, 'At this number, no other can be added.'],
    [
      'Sign-ins of one user',
      CEILINGS.signInsOfUser,
      'At the next sign-in, the browser that was unused for longest is signed out.',
    ],
    [
      'Sessions of one user with one application',
      CEILINGS.sessionsOfUserWithApplication,
      'At the next one, the session that was unused for longest ends.',
    ],
    ['Authorization codes of one user', CEILINGS.codesOfUser, 'Unused ones. At the next one, the oldest is deleted.'],
    ['Sign-ins waiting for a second step', CEILINGS.secondStepsOfUser, 'Of one user. At the next one, the oldest is cancelled.'],
  ];
  return rows.map(([name, most, why]) => fixed(name, most.toLocaleString('en'), why));
}

interface Check {
  readonly name: string;
  /** What it found; throws a sentence if it is not well. */
  readonly check: (keyhouse: Keyhouse) => Promise<string> | string;
}

/** Chained each second while a server runs. */
const CHAINED_WITHIN_MS = MINUTE_MS;

const NEWEST_MAILS = 20;

class NotWell extends Error {}

const CHECKS: readonly Check[] = [
  {
    name: 'database',
    check: async (keyhouse) => {
      await keyhouse.storage.check();
      return `${keyhouse.facts.database} answers, and every migration is applied.`;
    },
  },
  {
    name: 'changes',
    check: ({
      revocations: {
        follower: { lagMs },
      },
    }) => {
      const lag = `The list of changes was read ${Math.round(lagMs)} ms ago.`;
      if (lagMs > TRUST_FOR_MS) throw new NotWell(`${lag} Cached results are not used until it is read again.`);
      return lag;
    },
  },
  {
    name: 'signing keys',
    check: async (keyhouse) => {
      const { keys } = keyhouse.signingKeys.publicKeySet();
      const [stored, days] = await Promise.all([keyhouse.signingKeys.list(), keyhouse.signingKeys.rotationDays()]);
      const current = stored.find(({ state }) => state === 'current');
      const age = Math.floor((keyhouse.clock.now() - (current?.signingSinceMs ?? current?.createdAtMs ?? 0)) / DAY_MS);
      const finding = `${keys.length} are published. The current one has been signing for ${age} ${age === 1 ? 'day' : 'days'}.`;
      if (age > days + 1) throw new NotWell(`${finding} It should have been rotated after ${days}.`);
      return finding;
    },
  },
  {
    name: 'audit log',
    check: async (keyhouse) => {
      const [head, [oldest]] = await Promise.all([keyhouse.audit.head(), keyhouse.audit.unchained(1)]);
      const finding = `The head of the chain is ${head.number}:${head.hash}.`;
      if (oldest !== undefined && oldest.atMs < keyhouse.clock.now() - CHAINED_WITHIN_MS)
        throw new NotWell(`${finding} Events since ${toTimestamp(oldest.atMs)} are not chained yet.`);
      return finding;
    },
  },
  {
    name: 'mail',
    check: async ({ facts, administration }) => {
      if (!facts.sendsMail) return 'No mail server is configured. Emails are kept and can be read under Email.';
      const newest = await administration.listMails({ limit: NEWEST_MAILS });
      const failing = newest.filter(({ sentAtMs, error }) => sentAtMs === null && error !== null);
      if (failing.length === 0) return 'A mail server is configured, and it accepted the newest emails.';
      throw new NotWell(`${failing.length} of the newest ${newest.length} emails could not be sent. The page Email says why.`);
    },
  },
  {
    name: 'administrators',
    check: async (keyhouse) => {
      const count = await keyhouse.users.countAdministrators();
      return count === 1 ? 'Only one administrator. Add another so you can’t get locked out.' : `There are ${count}.`;
    },
  },
];

async function run({ name, check }: Check, keyhouse: Keyhouse): Promise<{ name: string; ok: boolean; detail: string }> {
  try {
    return { name, ok: true, detail: await check(keyhouse) };
  } catch (error) {
    return { name, ok: false, detail: error instanceof NotWell ? error.message : 'It cannot be checked now.' };
  }
}
