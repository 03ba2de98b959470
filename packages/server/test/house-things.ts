/** What several tests of the rooms begin with, or check, over a `House`. */
import { parseCredential } from '@keyhouse/protocol';
import type { By } from '../src/core/audit/event.ts';
import { IN_THE_ACT } from '../src/core/authority.ts';
import { openBody } from '../src/core/mail/compose.ts';
import type { MailKind } from '../src/core/mail/mail.ts';
import type { Role } from '../src/core/teams/member.ts';
import type { User } from '../src/core/users/account.ts';
import { type House, OPERATOR, SECRET } from './house.ts';

export type HouseUser = Awaited<ReturnType<House['user']>>;

/** A user who acts; the verbs are called directly, so there is no sign-in behind it. */
export const asUser = ({ id }: Pick<User, 'id'>): By => ({
  ...{ actor: `user:${id}`, authority: IN_THE_ACT, requestId: null },
  person: { address: '203.0.113.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
});

/** The user in the current state. */
export async function userNow({ keyhouse }: House, { id }: Pick<User, 'id'>): Promise<User> {
  const user = await keyhouse.users.find(id);
  if (user === null) throw new Error(`There is no user ${id}.`);
  return user;
}

/** `ok`, or why a credential of any kind is refused now. Asking does not count as use. */
export async function verdictOf({ keyhouse }: House, text: string, address: string | null = null): Promise<string> {
  const verdict = await keyhouse.verify(parseCredential(text), { address, userAgent: null }, { counted: false });
  return verdict.ok ? 'ok' : verdict.reason;
}

/** A JWT minted from a key. */
export async function mintFrom(
  { keyhouse }: House,
  keyText: string,
  wish: { permissions: readonly string[]; expiresAtMs?: number; subject?: string } = { permissions: ['invoices.read'] },
): Promise<{ text: string; jti: string }> {
  const verdict = await keyhouse.verify(parseCredential(keyText), { address: null, userAgent: null });
  if (!verdict.ok || verdict.caller.kind !== 'key') throw new Error(JSON.stringify(verdict));
  const minted = await keyhouse.jwts.mint(verdict.caller, wish, OPERATOR);
  if (!minted.ok) throw new Error(JSON.stringify(minted));
  return { text: minted.value.token, jti: minted.value.jwt.jti };
}

/** Kind and recipient of every mail, the oldest first. */
export async function mailsOf({ store }: House): Promise<readonly { kind: MailKind; to: string }[]> {
  const mails = await store.mails.listMails({ limit: 500 });
  return mails.map(({ kind, recipient: to }) => ({ kind, to })).reverse();
}

/** The text of the newest mail of this kind to a recipient. */
export async function mailTo({ store }: House, to: string, kind: MailKind): Promise<string> {
  const listed = (await store.mails.listMails({ limit: 500 })).find((mail) => mail.recipient === to && mail.kind === kind);
  const mail = listed === undefined ? null : await store.mails.findMail(listed.id);
  if (mail === null || mail.sealedBody === null) throw new Error(`There is no mail ${kind} to ${to}.`);
  const body = openBody([SECRET], { recipient: to, sealedBody: mail.sealedBody });
  if (!body.ok) throw new Error('The mail cannot be opened.');
  return body.value.text;
}

/** The ticket of the link in that mail. */
export async function ticketIn(house: House, to: string, kind: MailKind): Promise<string> {
  const [, ticket] = /\/[\w-]+#([\w-]+)/.exec(await mailTo(house, to, kind)) ?? [];
  if (ticket === undefined) throw new Error(`The mail ${kind} has no link with a ticket.`);
  return ticket;
}

export async function newTeam({ keyhouse }: House, owner: HouseUser, name = 'Engines'): Promise<{ id: number; name: string }> {
  const made = await keyhouse.teams.create({ name, ownerId: owner.id, by: asUser(owner) });
  if (typeof made === 'string') throw new Error(made);
  return { id: made.id, name };
}

/** A user who has joined by invitation. */
export async function newMember(
  house: House,
  account: { id: number; name: string },
  owner: HouseUser,
  role: Role,
): Promise<HouseUser> {
  const { teams } = house.keyhouse;
  const member = await house.user();
  const inviter = { ...owner, displayName: 'Ada' };
  const invited = await teams.invite({ account, inviter, email: member.email, role, by: asUser(owner) });
  if (typeof invited === 'string') throw new Error(invited);
  const ticket = await ticketIn(house, member.email, 'invitation');
  const accepted = await teams.acceptInvitation({ ticket, userId: member.id, by: asUser(member) });
  if (typeof accepted === 'string') throw new Error(accepted);
  return member;
}
