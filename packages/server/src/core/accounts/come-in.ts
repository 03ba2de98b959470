/** Coming in for the first time: registering at the pages, with or without an invitation, and the first administrator's setup. */
import type { By } from '../audit/event.ts';
import { HOUR_MS } from '../lib/clock.ts';
import type { AccountsStore, User } from './account.ts';
import type { EnterPorts } from './enter.ts';
import type { InvitationsStore } from './invitation.ts';
import { type OpenedSignIn, openSignIn } from './open-sign-in.ts';
import type { ProfileStore } from './profile.ts';
import { type RegisterUserInput, type RegisterUserPorts, type RegisterUserRefusal, registerUser } from './register-user.ts';
import { mayRegister, type SignUp } from './sign-up.ts';
import { hashTicket, makeTicketText, type TicketPurpose } from './ticket.ts';

export interface ComeInPorts extends RegisterUserPorts, SignUp, Pick<EnterPorts, 'signIns' | 'compose' | 'tickets'> {
  readonly clock: EnterPorts['clock'];
  readonly accounts: Pick<AccountsStore, 'createUser' | 'countAdministrators'>;
  readonly profile: ProfileStore;
  readonly invitations: Pick<InvitationsStore, 'findInvitationByTicket'>;
  readonly sendVerification: (user: User, by: By) => Promise<void>;
}

export interface ComeInInput extends RegisterUserInput {
  /** The browser's mark, as its cookie holds it. */
  readonly browser: string | null;
}

export type CameIn =
  /** `joined`: the team of the invitation. */
  | { readonly ok: true; readonly user: User; readonly opened: OpenedSignIn; readonly joined: number | null }
  | { readonly ok: false; readonly reason: 'link-over' }
  | { readonly ok: false; readonly reason: 'sign-up-closed' | 'other-address' }
  | RegisterUserRefusal;

const SETUP_LASTS_MS = HOUR_MS;

/** `invitation`: the ticket of its link, which opens registration for its address where `mayRegister` says so. */
export async function comeIn(ports: ComeInPorts, input: ComeInInput & { readonly invitation: string | null }): Promise<CameIn> {
  const { invitation } = input;
  // Before a password is hashed: a stranger who may not register costs no hash.
  const found =
    invitation === null ? null : await ports.invitations.findInvitationByTicket(hashTicket(invitation), ports.clock.now());
  if (invitation !== null && found === null) return { ok: false, reason: 'link-over' };
  if (!mayRegister(ports, found)) return { ok: false, reason: 'sign-up-closed' };
  const registered = await registerUser(ports, input, async (user) => {
    const atMs = user.createdAtMs;
    const created = { event: 'user.created', atMs, by: input.by } as const;
    if (invitation === null) return await ports.accounts.createUser({ user, event: created });
    const accepted = { event: 'invitation.accepted', atMs, by: input.by } as const;
    const made = await ports.profile.registerInvited({
      user,
      ticketHash: hashTicket(invitation),
      signUp: { signup: ports.signup, teamInvitationsRegister: ports.teamInvitationsRegister },
      nowMs: atMs,
      events: { created, accepted },
    });
    return made === 'taken' ? null : made;
  });
  if (!registered.ok) return registered;
  if (registered.made === 'gone') return { ok: false, reason: 'link-over' };
  if (registered.made === 'other-address' || registered.made === 'sign-up-closed') return { ok: false, reason: registered.made };
  const user = registered.made;
  await ports.sendVerification(user, input.by);
  return await signInAs(ports, user, registered.passwordHash, ['password'], { ...input, joined: found?.accountId ?? null });
}

/** The first administrator, with the link of the log. */
export async function setUp(ports: ComeInPorts, input: ComeInInput & { readonly ticket: string }): Promise<CameIn> {
  if (!(await isOpen(ports, 'setup', input.ticket))) return { ok: false, reason: 'link-over' };
  // Without an address, so that it is not counted: the link in the log is limit enough.
  const uncounted = { ...input, by: { ...input.by, person: {} } };
  const registered = await registerUser(ports, uncounted, async (user) => {
    const made = await ports.profile.createFirstAdministrator({
      user: { ...user, isAdministrator: true },
      ticketHash: hashTicket(input.ticket),
      nowMs: user.createdAtMs,
      event: { event: 'user.created', atMs: user.createdAtMs, by: input.by, details: { administrator: true } },
    });
    return made === 'taken' ? null : made;
  });
  if (!registered.ok) return registered;
  if (registered.made === 'gone') return { ok: false, reason: 'link-over' };
  await ports.sendVerification(registered.made, input.by);
  return await signInAs(ports, registered.made, registered.passwordHash, ['setup', 'password'], { ...input, joined: null });
}

/**
 * Created at each start while there is no administrator. Those of other starts stay valid for their hour, because somebody may use the link in
 * another server's log. Null when there is an administrator.
 */
export async function makeSetupTicket(ports: Pick<ComeInPorts, 'accounts' | 'tickets' | 'clock'>): Promise<string | null> {
  if ((await ports.accounts.countAdministrators()) > 0) return null;
  const { text, hash } = makeTicketText();
  const nowMs = ports.clock.now();
  const ticket = {
    hash,
    purpose: 'setup',
    userId: null,
    data: {},
    createdAtMs: nowMs,
    endsAtMs: nowMs + SETUP_LASTS_MS,
  } as const;
  await ports.tickets.issueTicket({ ticket, replace: false, event: null });
  return text;
}

/** Asked before a password is hashed: whoever has no link costs no hash. */
async function isOpen({ tickets, clock }: ComeInPorts, purpose: TicketPurpose, ticket: string): Promise<boolean> {
  return (await tickets.findTicket(purpose, hashTicket(ticket), clock.now())) !== null;
}

async function signInAs(
  ports: ComeInPorts,
  user: User,
  passwordHash: string,
  methods: Parameters<typeof openSignIn>[1]['methods'],
  { browser, by, joined }: ComeInInput & { readonly joined: number | null },
): Promise<CameIn> {
  const opened = await openSignIn(ports, { user, methods, passwordHash, addressHash: null, browser, by });
  if (!opened.ok) throw new Error('Somebody who has just registered cannot sign in.');
  return { ok: true, user, opened: opened.value, joined };
}
