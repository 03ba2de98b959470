/** Signing in with a browser: a password, then a second step where two-step verification is on; or a passkey, which is both. */
import type { By } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import { useCode } from '../factors/codes.ts';
import type { FactorsStore } from '../factors/factor.ts';
import { checkPasskey, type PasskeyPorts, passkeyOptions } from '../factors/passkeys.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import { emailKey } from '../lib/email.ts';
import type { User } from '../users/account.ts';
import { hashTicket, makeTicketText } from '../users/ticket.ts';
import { type OpenedSignIn, type OpenSignInPorts, openSignIn } from './open-sign-in.ts';
import type { SignInsPorts } from './ports.ts';
import type { ProofMethod, Through } from './sign-in.ts';
import {
  admitted,
  NO_MATCH,
  noteFailure,
  type ProofFailure,
  type Proved,
  type ProvePasswordPorts,
  provePassword,
  type Settled,
} from './verify-password.ts';

export type SignInBrowserPorts = ProvePasswordPorts &
  OpenSignInPorts &
  Pick<SignInsPorts, 'accounts' | 'factors' | 'tickets' | 'secrets'>;

export type SecondFactor = 'totp' | 'recovery-code' | 'passkey';

export type SignInOutcome =
  | { readonly ok: true; readonly next: 'done'; readonly opened: OpenedSignIn }
  /** `step`: for the cookie of the step, and for nothing else. */
  | { readonly ok: true; readonly next: 'second-factor'; readonly methods: readonly SecondFactor[]; readonly step: string }
  | ProofFailure;

/** How long the second step may take. */
const STEP_LASTS_MS = 10 * MINUTE_MS;

export async function signInWithPassword(
  ports: SignInBrowserPorts,
  input: { readonly email: string; readonly password: string; readonly browser: string | null; readonly by: By },
): Promise<SignInOutcome> {
  return await provePassword<SignInOutcome>(ports, input, async (proved) => {
    const methods = await secondStepOf(ports.factors, proved.user);
    if (methods === null) return await finish(ports, { ...proved, through: null }, ['password'], input);
    const step = await openStep(ports, proved.user.id, { passwordHash: proved.passwordHash, through: null });
    return { failed: false, result: { ok: true, next: 'second-factor', methods, step } };
  });
}

/** What the first step verified: a password, or that another provider vouches. */
interface FirstStep {
  readonly passwordHash: string | null;
  readonly through: Through | null;
}

/** A ticket for the second step. */
export async function openStep(
  { tickets, clock }: Pick<SignInBrowserPorts, 'tickets' | 'clock'>,
  userId: number,
  { passwordHash, through }: FirstStep,
): Promise<string> {
  const { text, hash } = makeTicketText();
  const nowMs = clock.now();
  const ticket = {
    hash,
    purpose: 'second-factor',
    userId,
    data: { passwordHash, through },
    createdAtMs: nowMs,
    endsAtMs: nowMs + STEP_LASTS_MS,
  } as const;
  await tickets.issueTicket({ ticket, replace: false, event: null });
  return text;
}

export type StepOutcome =
  | { readonly ok: true; readonly opened: OpenedSignIn }
  | { readonly ok: false; readonly reason: 'step_over' }
  | { readonly ok: false; readonly reason: 'wrong-code' }
  | Extract<ProofFailure, { reason: 'too-many-tries' | 'busy' }>;

/** `step_over`: the step has expired, or the password was changed in the meantime: from the beginning. */
export async function signInWithCode(
  ports: SignInBrowserPorts,
  input: { readonly step: string; readonly code: string; readonly browser: string | null; readonly by: By },
): Promise<StepOutcome> {
  const step = await findStep(ports, input.step);
  if (step === null) return { ok: false, reason: 'step_over' };
  const { user, passwordHash, through } = step;
  const attempt = {
    userId: user.id,
    emailKey: emailKey(user.email),
    address: input.by.person.address ?? null,
    browserHash: input.browser === null ? null : hashTicket(input.browser),
  };
  const outcome = await admitted<StepOutcome>(ports, { attempt, user, by: input.by }, async (addressHash) => {
    const used = await useCode(ports, {
      userId: user.id,
      code: input.code,
      by: { ...input.by, actor: `user:${user.id}`, authority: IN_THE_ACT },
    });
    if (used === null) {
      noteFailure(ports, user, input.by, 'wrong-code');
      return { failed: true, result: { ok: false, reason: 'wrong-code' } };
    }
    const ticket = await ports.tickets.redeemTicket({
      purpose: 'second-factor',
      hash: hashTicket(input.step),
      nowMs: ports.clock.now(),
    });
    if (ticket === null) return { failed: false, result: { ok: false, reason: 'step_over' } };
    const finished = await finish(
      ports,
      { user, passwordHash, through, addressHash },
      [passwordHash === null ? 'provider' : 'password', used],
      input,
    );
    const { result } = finished;
    return { failed: finished.failed, result: result.ok && result.next === 'done' ? result : { ok: false, reason: 'step_over' } };
  });
  return outcome.ok || outcome.reason !== 'no_match' ? outcome : { ok: false, reason: 'step_over' };
}

/** The user who waits for the second step, and what the first step verified. */
export async function findStep(
  { tickets, accounts, clock }: Pick<SignInBrowserPorts, 'tickets' | 'accounts' | 'clock'>,
  step: string,
): Promise<({ user: User } & FirstStep) | null> {
  const ticket = await tickets.findTicket('second-factor', hashTicket(step), clock.now());
  if (ticket === null || ticket.userId === null) return null;
  const user = await accounts.findUser(ticket.userId);
  // As `openStep` stored it there.
  const { passwordHash, through } = ticket.data as unknown as FirstStep;
  return user === null ? null : { user, passwordHash, through };
}

/**
 * What the second step accepts; null while two-step verification is off. The second step is required even if no factor is left.
 */
export async function secondStepOf(
  factors: Pick<FactorsStore, 'findTotp' | 'listPasskeys' | 'countRecoveryCodes'>,
  user: Pick<User, 'id' | 'twoStepSinceMs'>,
): Promise<readonly SecondFactor[] | null> {
  if (user.twoStepSinceMs === null) return null;
  const [totp, passkeys, codes] = await Promise.all([
    factors.findTotp(user.id),
    factors.listPasskeys(user.id),
    factors.countRecoveryCodes(user.id),
  ]);
  const hasTotp = totp !== null && totp.confirmedAtMs !== null;
  return [
    ...(hasTotp ? (['totp'] as const) : []),
    ...(codes > 0 ? (['recovery-code'] as const) : []),
    ...(passkeys.length > 0 ? (['passkey'] as const) : []),
  ];
}

/** Opens the sign-in as the last step of a log-in. */
export async function finish(
  ports: SignInBrowserPorts,
  { user, passwordHash, through, addressHash }: Omit<Proved, 'passwordHash'> & FirstStep,
  methods: readonly ProofMethod[],
  { browser, by }: { readonly browser: string | null; readonly by: By },
): Promise<Settled<SignInOutcome>> {
  const opened = await openSignIn(ports, { user, methods, passwordHash, through, addressHash, browser, by });
  if (opened.ok) return { failed: false, result: { ok: true, next: 'done', opened: opened.value } };
  // Disabled, given another password, or what was verified is not valid any more.
  noteFailure(ports, user, by, 'changed-meanwhile');
  return { failed: true, result: NO_MATCH };
}

/** For a user whom another provider vouches for, and who has no second factor here. */
export async function signInThrough(
  ports: SignInBrowserPorts,
  user: User,
  through: Through,
  by: { readonly browser: string | null; readonly by: By },
): Promise<SignInOutcome> {
  const { result } = await finish(ports, { user, passwordHash: null, through, addressHash: null }, ['provider'], by);
  return result;
}

/** Ends a first step that waits for its second, or for its confirmation. */
export async function forgetStep({ tickets, clock }: Pick<SignInBrowserPorts, 'tickets' | 'clock'>, step: string): Promise<void> {
  for (const purpose of ['second-factor', 'first-proof'] as const)
    await tickets.redeemTicket({ purpose, hash: hashTicket(step), nowMs: clock.now() });
}

/** What the second step can be, if one waits; null if none does. */
export async function waitingStep(ports: SignInBrowserPorts, step: string | null): Promise<readonly SecondFactor[] | null> {
  const waiting = step === null ? null : await findStep(ports, step);
  return waiting === null ? null : await secondStepOf(ports.factors, waiting.user);
}

/** `step`: the first step that this is the second of; null, or one that has ended: anyone who has a passkey. */
export async function passkeyStepOptions(ports: SignInBrowserPorts & PasskeyPorts, step: string | null) {
  const waiting = step === null ? null : await findStep(ports, step);
  return await passkeyOptions(ports, 'log-in', waiting?.user.id ?? null);
}

/** A passkey proves possession and the person: it is both steps at once. Null for everything that is not valid. */
export async function signInWithPasskey(
  ports: SignInBrowserPorts & PasskeyPorts,
  input: { readonly step: string | null; readonly response: unknown; readonly browser: string | null; readonly by: By },
): Promise<OpenedSignIn | null> {
  const { tickets, clock } = ports;
  const waiting = input.step === null ? null : await findStep(ports, input.step);
  const passkey = await checkPasskey(ports, 'log-in', waiting?.user.id ?? null, input.response);
  const user = passkey === null ? null : await ports.accounts.findUser(passkey.userId);
  if (passkey === null || user === null) {
    noteFailure(ports, waiting?.user ?? null, input.by, 'wrong-passkey');
    return null;
  }
  if (waiting !== null && input.step !== null) {
    const hash = hashTicket(input.step);
    if ((await tickets.redeemTicket({ purpose: 'second-factor', hash, nowMs: clock.now() })) === null) return null;
  }
  const methods: readonly ProofMethod[] =
    waiting === null ? ['passkey'] : [waiting.passwordHash === null ? 'provider' : 'password', 'passkey'];
  const through = { passkey: passkey.id };
  const proved = { user, passwordHash: waiting?.passwordHash ?? null, through, addressHash: null };
  const { result } = await finish(ports, proved, methods, input);
  return result.ok && result.next === 'done' ? result.opened : null;
}
