/** The limits that hold, and how this server is. */

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
      'Failed log-ins',
      `${MAX_FAILURES} in ${FAILURE_WINDOW_SECONDS / 60} minutes`,
      'For one user and for one address each; what is good is never counted.',
    ),
    fixed('Proof', `${PROOF_LASTS_MS / MINUTE_MS} minutes`, 'So long what asks for the password again goes on without it.'),
    fixed('Sign-in, unused', days(SIGN_IN_IDLE_MS), 'A browser that was not seen for so long is logged out.'),
    fixed('Sign-in, at most', days(SIGN_IN_MAX_MS), 'However much it is used.'),
    {
      name: 'JWT, at most',
      value: `${maxJwtDays} days`,
      why: 'No JWT that is minted from a key lives longer.',
      setting: 'KEYHOUSE_MAX_JWT_DAYS',
    },
    fixed(
      'JWTs of one key',
      MAX_LIVE_JWTS_PER_KEY.toLocaleString('en'),
      'Living ones; minting is refused beyond, until some have ended.',
    ),
    fixed('Overlap of a rotation', days(MAX_OVERLAP_SECONDS * SECOND_MS), 'The longest that an old secret keeps working.'),
    fixed(
      'Tokens of log-ins, unused',
      `${UNUSED_TOKEN_DAYS} days`,
      'One that came from a log-in and was not used for so long has ended.',
    ),
    fixed('Addresses of one credential', String(MAX_ADDRESSES), 'Blocks that it may be used from.'),
    fixed('Invitation', days(INVITATION_LASTS_MS), 'Its link works for so long.'),
    fixed(
      'Invitations by one person',
      `${MAX_INVITATIONS_A_DAY} in 24 hours`,
      `Names that somebody typed do not go to strangers in bulk. ${MAX_INVITATIONS_A_DAY_UNVERIFIED} while the sender's own address is not verified.`,
    ),
    fixed('Teams owned by one person', String(CEILINGS.teamsOfOwner), 'More are hardly ever teams.'),
    ...ceilings(fixed),
  ];
}

/** `core/lib/ceilings.ts`, for people. */
function ceilings(fixed: (name: string, value: string, why: string) => Limit): Limit[] {
  const refused = 'Active ones; another is refused.';
  const rows: readonly (readonly [name: string, most: number, why: string])[] = [
    ['API keys of one account', CEILINGS.keysOfAccount, refused],
    ['Tokens of one person', CEILINGS.tokensOfUser, 'Active ones that did not come from a log-in; another is refused.'],
    ['Tokens of log-ins of one person', CEILINGS.logInTokensOfUser, 'With the next log-in the one unused for longest ends.'],
    ['Applications of one account', CEILINGS.applicationsOfAccount, 'Another is refused.'],
    [
      'Open invitations of one team',
      CEILINGS.invitationsOfTeam,
      'Another is refused until one is accepted, taken back or expired.',
    ],
    ['Passkeys of one person', CEILINGS.passkeysOfUser, 'Another is refused.'],
    ['Sign-ins of one person', CEILINGS.signInsOfUser, 'With the next one the browser not seen for longest is logged out.'],
    [
      'Sessions of one person with one application',
      CEILINGS.sessionsOfUserWithApplication,
      'With the next one the session unused for longest ends.',
    ],
    ['Authorization codes of one person', CEILINGS.codesOfUser, 'Waiting ones; with the next one the oldest is dropped.'],
    [
      'Log-ins that wait for a second step',
      CEILINGS.secondStepsOfUser,
      'Of one person; with the next one the oldest is dropped.',
    ],
  ];
  return rows.map(([name, most, why]) => fixed(name, most.toLocaleString('en'), why));
}

interface Check {
  readonly name: string;
  /** What it found; throws a sentence when it is not well. */
  readonly look: (keyhouse: Keyhouse) => Promise<string> | string;
}

/** Chained each second while a server runs. */
const CHAINED_WITHIN_MS = MINUTE_MS;

const NEWEST_MAILS = 20;

class NotWell extends Error {}

const CHECKS: readonly Check[] = [
  {
    name: 'database',
    look: async (keyhouse) => {
      await keyhouse.storage.check();
      return `${keyhouse.facts.database} answers; every migration is applied.`;
    },
  },
  {
    name: 'changes',
    look: ({
      revocations: {
        follower: { lagMs },
      },
    }) => {
      const lag = `The list of changes was read ${Math.round(lagMs)} ms ago.`;
      if (lagMs > TRUST_FOR_MS) throw new NotWell(`${lag} Nothing cached is trusted before it is read again.`);
      return lag;
    },
  },
  {
    name: 'signing keys',
    look: async (keyhouse) => {
      const { keys } = keyhouse.signingKeys.publicKeySet();
      const [stored, days] = await Promise.all([keyhouse.signingKeys.list(), keyhouse.signingKeys.rotationDays()]);
      const current = stored.find(({ state }) => state === 'current');
      const age = Math.floor((keyhouse.clock.now() - (current?.signingSinceMs ?? current?.createdAtMs ?? 0)) / DAY_MS);
      const finding = `${keys.length} are published; the current one has signed for ${age} ${age === 1 ? 'day' : 'days'}.`;
      if (age > days + 1) throw new NotWell(`${finding} It was to hand over after ${days}.`);
      return finding;
    },
  },
  {
    name: 'audit log',
    look: async (keyhouse) => {
      const [head, [oldest]] = await Promise.all([keyhouse.audit.head(), keyhouse.audit.unchained(1)]);
      const finding = `The head of the chain is ${head.number}:${head.hash}.`;
      if (oldest !== undefined && oldest.atMs < keyhouse.clock.now() - CHAINED_WITHIN_MS)
        throw new NotWell(`${finding} Events since ${toTimestamp(oldest.atMs)} are not chained yet.`);
      return finding;
    },
  },
  {
    name: 'mail',
    look: async ({ facts, administration }) => {
      if (!facts.sendsMail) return 'There is no mail server: mails are kept, and can be read under Email.';
      const newest = await administration.listMails({ limit: NEWEST_MAILS });
      const failing = newest.filter(({ sentAtMs, error }) => sentAtMs === null && error !== null);
      if (failing.length === 0) return 'A mail server is set, and took the newest mails.';
      throw new NotWell(`Of the newest ${newest.length} mails ${failing.length} could not be sent: the page Email says why.`);
    },
  },
  {
    name: 'administrators',
    look: async (keyhouse) => {
      const count = await keyhouse.users.countAdministrators();
      return count === 1 ? 'There is only one. Add another, so that you cannot be locked out.' : `There are ${count}.`;
    },
  },
];

async function run({ name, look }: Check, keyhouse: Keyhouse): Promise<{ name: string; ok: boolean; detail: string }> {
  try {
    return { name, ok: true, detail: await look(keyhouse) };
  } catch (error) {
    return { name, ok: false, detail: error instanceof NotWell ? error.message : 'It cannot be looked at now.' };
  }
}
