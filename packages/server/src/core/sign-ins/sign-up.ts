/** Signing up: registering at the pages, with or without an invitation, and the first administrator's setup. */
import { happened } from '../audit/event.ts';
import { HOUR_MS } from '../lib/clock.ts';
import type { User } from '../users/account.ts';
import { hashTicket, makeTicketText, type TicketPurpose } from '../users/ticket.ts';
import { type OpenedSignIn, openSignIn } from './open-sign-in.ts';
import type { SignInsPorts } from './ports.ts';
import { type RegisterUserInput, type RegisterUserPorts, type RegisterUserRefusal, registerUser } from './register-user.ts';
import { mayRegister, type SignUp } from './sign-up-rule.ts';

export type SignUpPorts = RegisterUserPorts &
  SignUp &
  Pick<SignInsPorts, 'signIns' | 'compose' | 'tickets' | 'accounts' | 'profile' | 'invitations' | 'sendVerification'>;

export interface SignUpInput extends RegisterUserInput {
  /** The browser's mark, as its cookie holds it. */
  readonly browser: string | null;
}

export type SignedUp =
  /** `joined`: the team of the invitation. */
  | { readonly ok: true; readonly user: User; readonly opened: OpenedSignIn; readonly joined: number | null }
  | { readonly ok: false; readonly reason: 'link_over' }
  | { readonly ok: false; readonly reason: 'sign-up-closed' | 'other-address' }
  | RegisterUserRefusal;

const SETUP_LASTS_MS = HOUR_MS;

/** `invitation`: the ticket of its link, which opens registration for its address if `mayRegister` allows it. */
export async function signUp(ports: SignUpPorts, input: SignUpInput & { readonly invitation: string | null }): Promise<SignedUp> {
  const { invitation } = input;
  // Before a password is hashed: a stranger who may not register costs no hash.
  const found =
    invitation === null ? null : await ports.invitations.findInvitationByTicket(hashTicket(invitation), ports.clock.now());
  if (invitation !== null && found === null) return { ok: false, reason: 'link_over' };
  if (!mayRegister(ports, found)) return { ok: false, reason: 'sign-up-closed' };
  const registered = await registerUser(ports, input, async (user) => {
    const atMs = user.createdAtMs;
    const created = happened(input.by, atMs, 'user.created');
    if (invitation === null) return await ports.accounts.createUser({ user, event: created });
    const accepted = happened(input.by, atMs, 'invitation.accepted');
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
  if (registered.made === 'gone') return { ok: false, reason: 'link_over' };
  if (registered.made === 'other-address' || registered.made === 'sign-up-closed') return { ok: false, reason: registered.made };
  const user = registered.made;
  await ports.sendVerification(user, input.by);
  return await signInAs(ports, user, registered.passwordHash, ['password'], { ...input, joined: found?.accountId ?? null });
}

/** The first administrator, with the link from the log. */
export async function setUp(ports: SignUpPorts, input: SignUpInput & { readonly ticket: string }): Promise<SignedUp> {
  if (!(await isOpen(ports, 'setup', input.ticket))) return { ok: false, reason: 'link_over' };
  // Without an address, so that it is not counted: the link in the log is enough of a limit.
  const uncounted = { ...input, by: { ...input.by, person: {} } };
  const registered = await registerUser(ports, uncounted, async (user) => {
    const made = await ports.profile.createFirstAdministrator({
      user: { ...user, isAdministrator: true },
      ticketHash: hashTicket(input.ticket),
      nowMs: user.createdAtMs,
      event: happened(input.by, user.createdAtMs, 'user.created', { details: { administrator: true } }),
    });
    return made === 'taken' ? null : made;
  });
  if (!registered.ok) return registered;
  if (registered.made === 'gone') return { ok: false, reason: 'link_over' };
  await ports.sendVerification(registered.made, input.by);
  return await signInAs(ports, registered.made, registered.passwordHash, ['setup', 'password'], { ...input, joined: null });
}

/**
 * Created at each start while there is no administrator. Those of other starts stay valid for their hour, because somebody may
 * use the link in another server's log. Null if there is an administrator.
 */
export async function createSetupTicket(ports: Pick<SignUpPorts, 'accounts' | 'tickets' | 'clock'>): Promise<string | null> {
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

/** Checked before a password is hashed: a client without the link costs no hash. */
async function isOpen({ tickets, clock }: SignUpPorts, purpose: TicketPurpose, ticket: string): Promise<boolean> {
  return (await tickets.findTicket(purpose, hashTicket(ticket), clock.now())) !== null;
}

async function signInAs(
  ports: SignUpPorts,
  user: User,
  passwordHash: string,
  methods: Parameters<typeof openSignIn>[1]['methods'],
  { browser, by, joined }: SignUpInput & { readonly joined: number | null },
): Promise<SignedUp> {
  const opened = await openSignIn(ports, { user, methods, passwordHash, addressHash: null, browser, by });
  if (!opened.ok) throw new Error('A user who has just registered cannot sign in.');
  return { ok: true, user, opened: opened.value, joined };
}
