/**
 * Signing in with another OpenID provider, giving a proof with it, and linking it. The browser carries what it began in a
 * cookie, sealed; the provider is sent a `state` that is derived from it, and what comes back is accepted once, in that browser,
 * for that purpose.
 *
 * An address identifies an account only if both sides have verified it (`adopt.ts` says what happens if we have not). A provider
 * vouches for the domains that the operator has listed for it. Other addresses are neither linked nor verified by it; a new user
 * is created as by registering. Nobody signs in as an administrator through a provider whose list does not name the
 * administrator's domain.
 */

import { type By, happened } from '../audit/event.ts';
import type { Identity } from '../factors/factor.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import { emailKey } from '../lib/email.ts';
import type { Log } from '../lib/log.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import { sha256Base64Url } from '../lib/sha256.ts';
import type { OpenedSignIn } from '../sign-ins/open-sign-in.ts';
import type { Through } from '../sign-ins/sign-in.ts';
import { openStep, type SignInOutcome, secondStepOf, signInThrough } from '../sign-ins/sign-in-browser.ts';
import type { SignUpInvitation } from '../sign-ins/sign-up-rule.ts';
import type { User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import { hashTicket, makeTicketText } from '../users/ticket.ts';
import { adopt, confirmFirstProof, type NotAdopted } from './adopt.ts';
import type { Provider, ProviderAnswer, ProviderChecks, ProviderPorts } from './provider.ts';
import { vouchingFor } from './vouching.ts';

export type ProviderPurpose = 'log-in' | 'proof' | 'link';

const PROVIDER_SIGN_IN_LASTS_MS = 10 * MINUTE_MS;

const redirectUriOf = (url: string, id: string): string => `${url}/login/provider/${id}`;

/** What the browser carries there and back, sealed: nothing is stored until the user comes back. */
interface ProviderSignIn {
  readonly provider: string;
  readonly purpose: ProviderPurpose;
  /** The user who gives a proof, or links; null: nobody is signed in. */
  readonly userId: number | null;
  /** Hash of the ticket of the invitation that a user registers with; null, or missing in those of earlier versions: none. */
  readonly invitation?: string | null;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly endsAtMs: number;
}

const PROVIDER_SIGN_IN_SEAL = 'provider-trip';

function openProviderSignIn(secrets: readonly MasterSecret[], step: string): ProviderSignIn | null {
  const opened = open(secrets, PROVIDER_SIGN_IN_SEAL, step);
  return opened.ok ? (JSON.parse(opened.value.toString('utf8')) as ProviderSignIn) : null;
}

/** The `state` reveals nothing of the cookie that it is derived from. */
const checksOf = (step: string, { nonce, codeVerifier, purpose }: ProviderSignIn): ProviderChecks => ({
  state: sha256Base64Url(`state:${step}`),
  nonce,
  codeVerifier,
  fresh: purpose === 'proof',
});

/** `step`: for the cookie of the step. Null: the provider does not exist. `away`: it does not answer. */
export async function startProviderSignIn(
  ports: ProviderPorts,
  input: {
    readonly provider: string;
    readonly purpose: ProviderPurpose;
    readonly user: User | null;
    /** The ticket of an invitation. */
    readonly invitation?: string | null;
  },
): Promise<{ url: string; step: string } | 'away' | null> {
  const provider = ports.providers.find(({ id }) => id === input.provider);
  if (provider === undefined) return null;
  const begun: ProviderSignIn = {
    provider: provider.id,
    purpose: input.purpose,
    userId: input.user?.id ?? null,
    invitation: typeof input.invitation === 'string' ? hashTicket(input.invitation) : null,
    nonce: makeTicketText().text,
    codeVerifier: makeTicketText().text,
    endsAtMs: ports.clock.now() + PROVIDER_SIGN_IN_LASTS_MS,
  };
  const step = seal(ports.secret, PROVIDER_SIGN_IN_SEAL, Buffer.from(JSON.stringify(begun)));
  const url = await provider
    .start(redirectUriOf(ports.url, provider.id), checksOf(step, begun))
    .catch(noted(ports.log, provider));
  return url === null ? 'away' : { url, step };
}

/**
 * Nobody has verified the address here: what ends is shown and confirmed first. `step`: for the cookie of the step, and for
 * nothing else.
 */
export interface FirstProofAsked {
  readonly next: 'first-proof';
  readonly step: string;
}

export type ProviderSignInEnd =
  | {
      readonly ok: true;
      readonly purpose: 'log-in';
      readonly entered: Extract<SignInOutcome, { ok: true }> | FirstProofAsked;
      /**
       * The invitation that they registered with, which is used up; `accountId` null: to no team. Null: they came without one.
       */
      readonly accepted: Pick<SignUpInvitation, 'accountId'> | null;
    }
  | { readonly ok: true; readonly purpose: 'proof' | 'link' }
  /** `trip`: not started by us in this browser, or too late. `provider`: its answer was not valid. */
  | {
      readonly ok: false;
      readonly reason: 'trip' | 'provider' | NotAdopted | 'linked-elsewhere' | 'other-person' | 'shut-out';
    };

export async function finishProviderSignIn(
  ports: ProviderPorts,
  input: {
    readonly step: string | null;
    readonly provider: string;
    readonly callbackUrl: string;
    readonly signIn: { readonly id: number; readonly user: User } | null;
    readonly browser: string | null;
    readonly by: By;
  },
): Promise<ProviderSignInEnd> {
  const nowMs = ports.clock.now();
  const begun = input.step === null ? null : openProviderSignIn(ports.secrets, input.step);
  const provider = ports.providers.find(({ id }) => id === input.provider);
  if (begun === null || input.step === null || begun.endsAtMs <= nowMs) return no('trip');
  if (provider === undefined || begun.provider !== provider.id) return no('trip');
  const { purpose, endsAtMs } = begun;
  // What one user began must not end as another user.
  if (purpose !== 'log-in' && (input.signIn === null || input.signIn.user.id !== begun.userId)) return no('trip');
  if (!(await ports.tickets.useOnce({ purpose: 'provider', hash: hashTicket(input.step), nowMs, endsAtMs }))) return no('trip');
  const answer = await provider.finish(input.callbackUrl, checksOf(input.step, begun)).catch(noted(ports.log, provider));
  if (answer === null) return no('provider');
  const identity = await ports.factors.findIdentity(provider.id, answer.subject);
  if (purpose === 'log-in')
    return await logIn(ports, provider, answer, identity, { ...input, invitation: begun.invitation ?? null });
  if (input.signIn === null) return no('trip');
  return purpose === 'proof'
    ? await prove(ports, provider, identity, input.signIn, input.by)
    : await link(ports, provider, answer, identity, input.signIn, input.by);
}

/** Why it failed is for the operator who configured it. */
const noted =
  (log: Log, { id }: Provider) =>
  (error: unknown): null => {
    log.warn({ err: error, provider: id }, 'Another OpenID provider did not answer correctly.');
    return null;
  };

type Input = Parameters<typeof finishProviderSignIn>[1] & { readonly invitation: string | null };

async function logIn(
  ports: ProviderPorts,
  provider: Provider,
  answer: ProviderAnswer,
  identity: Identity | null,
  input: Input,
): Promise<ProviderSignInEnd> {
  const known = identity === null ? null : await ports.accounts.findUser(identity.userId);
  const adopted = known === null && identity === null ? await adopt(ports, provider, answer, input) : null;
  if (typeof adopted === 'string') return no(adopted);
  if (adopted !== null && 'firstProof' in adopted)
    return { ok: true, purpose: 'log-in', entered: { next: 'first-proof', step: adopted.firstProof }, accepted: null };
  const user = known ?? adopted?.user ?? null;
  if (user === null) return no('shut-out');
  if (isUnlisted(provider, user)) return no('unlisted');
  const entered = await signInBrowser(ports, user, throughOf(provider, answer.subject), input);
  return entered.ok ? { ok: true, purpose: 'log-in', entered, accepted: adopted?.accepted ?? null } : no('shut-out');
}

/** What `adopt` asked to be confirmed: it ends what was created before, and signs the person in. Null: from the beginning. */
export async function signInWithFirstProof(
  ports: ProviderPorts,
  { step, browser, by }: { readonly step: string; readonly browser: string | null; readonly by: By },
): Promise<OpenedSignIn | null> {
  const confirmed = await confirmFirstProof(ports, step, by);
  if (confirmed === null) return null;
  const { user, provider, foreign } = confirmed;
  const entered = await signInThrough(ports, user, throughOf(provider, foreign.subject), { browser, by });
  return entered.ok && entered.next === 'done' ? entered.opened : null;
}

const throughOf = ({ id, domains }: Provider, subject: string): Through => ({ provider: id, subject, domains });

/** A second factor of ours is required here too: the provider knows nothing of it. */
async function signInBrowser(ports: ProviderPorts, user: User, through: Through, { browser, by }: Input): Promise<SignInOutcome> {
  const methods = await secondStepOf(ports.factors, user);
  if (methods === null) return await signInThrough(ports, user, through, { browser, by });
  return { ok: true, next: 'second-factor', methods, step: await openStep(ports, user.id, { passwordHash: null, through }) };
}

async function prove(
  ports: ProviderPorts,
  provider: Provider,
  identity: Identity | null,
  signIn: { id: number; user: User },
  by: By,
): Promise<ProviderSignInEnd> {
  if (identity === null || identity.userId !== signIn.user.id) return no('other-person');
  const nowMs = ports.clock.now();
  const event = happened(by, nowMs, 'user.proved_again', { userId: signIn.user.id, details: { method: 'provider' } });
  const through = throughOf(provider, identity.subject);
  const proved = await ports.signIns.proveSignIn({
    id: signIn.id,
    userId: signIn.user.id,
    passwordHash: null,
    through,
    nowMs,
    event,
  });
  return proved ? { ok: true, purpose: 'proof' } : no(isUnlisted(provider, signIn.user) ? 'unlisted' : 'trip');
}

async function link(
  ports: ProviderPorts,
  provider: Provider,
  answer: ProviderAnswer,
  identity: Identity | null,
  { id: signInId, user }: { id: number; user: User },
  by: By,
): Promise<ProviderSignInEnd> {
  if (isUnlisted(provider, user)) return no('unlisted');
  if (identity !== null) return identity.userId === user.id ? { ok: true, purpose: 'link' } : no('linked-elsewhere');
  const nowMs = ports.clock.now();
  const event = happened(by, nowMs, 'user.identity_linked', {
    userId: user.id,
    details: { provider: provider.id },
    mails: [
      ports.compose(
        'factor-changed',
        { email: user.email, userId: user.id },
        { what: 'identity-linked', name: provider.name, ...circumstancesOf(by, nowMs) },
      ),
    ],
  });
  const linked = await ports.factors.linkIdentity({
    signInId,
    domains: provider.domains,
    identity: { provider: provider.id, subject: answer.subject, userId: user.id, email: answer.email, linkedAtMs: nowMs },
    event,
  });
  return linked ? { ok: true, purpose: 'link' } : no('linked-elsewhere');
}

/**
 * An administrator whose domain is not on the provider's list. The acts check it again: the user may have become one in between.
 */
const isUnlisted = ({ domains }: Provider, { isAdministrator, email }: User): boolean =>
  isAdministrator && vouchingFor(domains, emailKey(email)) !== 'named';

const no = <Reason extends Extract<ProviderSignInEnd, { ok: false }>['reason']>(reason: Reason): ProviderSignInEnd => ({
  ok: false,
  reason,
});
