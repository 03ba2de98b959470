/**
 * Finds the user for an identity that is used for the first time: the user with its address, or a new one. If nobody has verified
 * the address here, the provider is the first to do so, and everything created before ends, because the person who registered may
 * not be its owner. The person first sees what will end and confirms it; until then a ticket waits, and nothing has changed.
 */
import { type By, happened } from '../audit/event.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import { emailKey, localPart, readEmail } from '../lib/email.ts';
import { readForeignName } from '../lib/name.ts';
import type { MailDraft } from '../mail/mail.ts';
import type { Ending } from '../sign-ins/ending.ts';
import { mayRegister, type SignUpInvitation } from '../sign-ins/sign-up-rule.ts';
import type { NewUser, User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import { hashTicket, makeTicketText, type NewTicket } from '../users/ticket.ts';
import type { Provider, ProviderAnswer, ProviderPorts } from './provider.ts';
import { mayAdopt, vouchingFor } from './vouching.ts';

/** Who a person is at a provider, with the address as it is shown to them. */
interface Foreign {
  readonly provider: string;
  readonly subject: string;
  readonly email: string;
}

/**
 * Why a provider's answer does not sign anyone in. `unproved`: it does not say that the address is verified. `unlisted`: the
 * operator has not listed the domain for it. `other-address`: the invitation is for another one.
 */
export type NotAdopted = 'unproved' | 'unlisted' | 'sign-up-closed' | 'invitation-over' | 'other-address' | 'too-many';

/** `firstProof`: for the cookie of the step, and for nothing else. */
export type Adopted =
  /** `accepted`: the invitation that they registered with, which is used up by it. */
  | { readonly user: User; readonly accepted: Pick<SignUpInvitation, 'accountId'> | null }
  | { readonly firstProof: string }
  | NotAdopted
  | null;

const FIRST_PROOF_LASTS_MS = 10 * MINUTE_MS;

/**
 * `invitation`: hash of the ticket that they come with; it opens registration for its address if `mayRegister` allows it. Null:
 * the user is disabled.
 */
export async function adopt(
  ports: ProviderPorts,
  provider: Provider,
  answer: ProviderAnswer,
  { invitation, by }: { readonly invitation: string | null; readonly by: By },
): Promise<Adopted> {
  const email = answer.email === null ? null : readEmail(answer.email);
  if (email === null || !answer.emailVerified) return 'unproved';
  const foreign = { provider: provider.id, subject: answer.subject, email: email.email };
  const old = await ports.accounts.findUserByEmail(email.key);
  if (old !== null && old.disabledAtMs !== null) return null;
  if (old !== null && !mayAdopt(vouchingFor(provider.domains, email.key), old)) return 'unlisted';
  if (old !== null && old.emailVerifiedAtMs === null) return await firstProofOf(ports, old, foreign);
  const displayName = readForeignName(answer.name ?? '') || localPart(email.email);
  const entry = old === null ? await entryOf(ports, invitation, email.key) : { accepted: null, reason: null };
  if (entry.reason !== null) return entry.reason;
  const mayCreate = mayRegister(ports, entry.accepted);
  const admission = old === null && mayCreate ? await ports.limits.admitRegistration(by.person.address ?? null) : null;
  if (admission?.ok === false) return 'too-many';
  const nowMs = ports.clock.now();
  const mails = old === null ? [] : [linkedMail(ports, provider, old, by, nowMs)];
  let result: 'registered' | 'neither' = 'neither';
  try {
    const adopted = await ports.profile.adoptIdentity({
      ...actOf(provider, foreign, { displayName, by, nowMs, mails }),
      mayCreate,
      invitation:
        entry.accepted === null || invitation === null
          ? null
          : {
              ticketHash: invitation,
              signUp: { signup: ports.signup, teamInvitationsRegister: ports.teamInvitationsRegister },
              event: happened(by, nowMs, 'invitation.accepted'),
            },
      firstProof: null,
    });
    if (isUser(adopted)) {
      result = 'registered';
      if (old === null && adopted.emailVerifiedAtMs === null) await ports.sendFirstVerification(adopted, by);
      return { user: adopted, accepted: entry.accepted };
    }
    if (adopted !== 'first-proof') return adopted === 'changed' || adopted === 'gone' ? null : adopted;
    // Somebody registered with the address at this very moment.
    const found = await ports.accounts.findUserByEmail(email.key);
    return found === null ? null : await firstProofOf(ports, found, foreign);
  } finally {
    await admission?.settle(result);
  }
}

/**
 * The invitation that a new user registers with; the act checks it again. One that does not match is refused only if it is
 * needed: where anyone may register, it is ignored.
 */
async function entryOf(
  ports: ProviderPorts,
  ticketHash: string | null,
  key: string,
): Promise<{ accepted: Pick<SignUpInvitation, 'accountId'> | null; reason: 'invitation-over' | 'other-address' | null }> {
  const none = { accepted: null, reason: null };
  if (ticketHash === null) return none;
  const found = await ports.invitations.findInvitationByTicket(ticketHash, ports.clock.now());
  if (found !== null && found.emailKey === key) return { accepted: { accountId: found.accountId }, reason: null };
  if (mayRegister(ports, null) || ports.signup === 'closed') return none;
  return { accepted: null, reason: found === null ? 'invitation-over' : 'other-address' };
}

async function firstProofOf({ tickets, clock }: ProviderPorts, user: User, foreign: Foreign): Promise<Adopted> {
  const { text, hash } = makeTicketText();
  const nowMs = clock.now();
  const ticket: NewTicket = {
    hash,
    purpose: 'first-proof',
    userId: user.id,
    data: { ...foreign },
    createdAtMs: nowMs,
    endsAtMs: nowMs + FIRST_PROOF_LASTS_MS,
  };
  await tickets.issueTicket({ ticket, replace: false, event: null });
  return { firstProof: text };
}

/** A first verification that waits to be confirmed. */
export interface FirstProof {
  readonly user: User;
  readonly provider: Provider;
  readonly foreign: Foreign;
}

/** Null: it has expired, or the user was disabled, verified the address or changed it in between. */
export async function findFirstProof(
  { tickets, accounts, clock, providers }: Pick<ProviderPorts, 'tickets' | 'accounts' | 'clock' | 'providers'>,
  step: string,
): Promise<FirstProof | null> {
  const ticket = await tickets.findTicket('first-proof', hashTicket(step), clock.now());
  if (ticket === null || ticket.userId === null) return null;
  const user = await accounts.findUser(ticket.userId);
  // As `firstProofOf` stored it there.
  const foreign = ticket.data as unknown as Foreign;
  const provider = providers.find(({ id }) => id === foreign.provider);
  if (user === null || provider === undefined || user.disabledAtMs !== null || user.emailVerifiedAtMs !== null) return null;
  return emailKey(user.email) === emailKey(foreign.email) ? { user, provider, foreign } : null;
}

/** How often what would end may change between reading and ending it; after that it is ended without comparing. */
const MAX_READINGS = 3;

/**
 * Ends what was created before the address was first verified, lists it by mail, and links the identity. Null: as
 * `findFirstProof`, or the provider may not vouch any more.
 */
export async function confirmFirstProof(ports: ProviderPorts, step: string, by: By): Promise<FirstProof | null> {
  const found = await findFirstProof(ports, step);
  if (found === null) return null;
  const { user, provider, foreign } = found;
  for (let reading = 1; ; reading++) {
    const nowMs = ports.clock.now();
    const ending = await ports.profile.readEnding({ userId: user.id, all: true, nowMs });
    const mails = [linkedMail(ports, provider, user, by, nowMs, ending)];
    const adopted = await ports.profile.adoptIdentity({
      ...actOf(provider, foreign, { displayName: user.displayName, by, nowMs, mails }),
      mayCreate: false,
      invitation: null,
      firstProof: { userId: user.id, ticketHash: hashTicket(step), expects: reading > MAX_READINGS ? null : ending },
    });
    if (adopted !== 'changed') return isUser(adopted) ? { ...found, user: adopted } : null;
  }
}

const isUser = <Other>(adopted: User | Other): adopted is User => typeof adopted === 'object' && adopted !== null;

function linkedMail({ compose }: ProviderPorts, { name }: Provider, user: User, by: By, atMs: number, ending?: Ending) {
  const facts = { what: 'identity-linked', name, ...circumstancesOf(by, atMs) } as const;
  return compose(
    'factor-changed',
    { email: user.email, userId: user.id },
    ending === undefined ? facts : { ...facts, ended: { ...ending, isFirstProof: true } },
  );
}

function actOf(
  { id, domains }: Provider,
  { provider, subject, email }: Foreign,
  {
    displayName,
    by,
    nowMs,
    mails,
  }: { readonly displayName: string; readonly by: By; readonly nowMs: number; readonly mails: readonly MailDraft[] },
) {
  const user: NewUser = {
    email,
    emailKey: emailKey(email),
    // No password matches the empty hash.
    passwordHash: '',
    displayName,
    firstName: '',
    lastName: '',
    isAdministrator: false,
    createdAtMs: nowMs,
  };
  return {
    identity: { provider, subject, email, linkedAtMs: nowMs },
    vouching: vouchingFor(domains, user.emailKey),
    user,
    nowMs,
    events: {
      created: happened(by, nowMs, 'user.created', { details: { through: id } }),
      linked: happened(by, nowMs, 'user.identity_linked', { details: { provider: id }, mails }),
    },
  } as const;
}
