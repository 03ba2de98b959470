/**
 * Who is notified by mail that a credential was created or rotated: the user of a token; for a key the owners and admins of its
 * account, and the user who did it. The mails are part of the act: nothing is created without them, and no mail reports what did
 * not happen.
 */

import type { By } from '../audit/event.ts';
import type { Compose } from '../mail/compose.ts';
import type { MailDraft } from '../mail/mail.ts';
import type { MembersStore } from '../teams/member.ts';
import type { Account, AccountsStore, User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import type { Credential } from './credential.ts';

/** More would be a newsletter. Owners come first. */
const MAX_TOLD = 50;

export interface Recipient {
  readonly userId: number;
  readonly email: string;
}

export interface NotifyPorts {
  readonly accounts: Pick<AccountsStore, 'findUser' | 'findAccount'>;
  readonly members: Pick<MembersStore, 'listMembers'>;
  readonly compose: Compose;
}

interface CredentialChange {
  readonly credential: Pick<Credential, 'kind' | 'name' | 'accountId' | 'userId'>;
  readonly by: By;
  readonly atMs: number;
}

/** The mails about it, for the event of the act that does it. */
export type Notify = (
  kind: 'credential-made' | 'credential-rotated' | 'narrowing-undone',
  about: CredentialChange,
) => Promise<readonly MailDraft[]>;

export function createNotify(ports: NotifyPorts): Notify {
  return async (kind, { credential, by, atMs }) => {
    const isKey = credential.kind === 'key';
    const account = isKey ? await ports.accounts.findAccount(credential.accountId) : null;
    const doer = await findDoer(ports, by);
    const recipients = [
      ...(await recipientsOf(ports, credential, account)),
      ...(isKey && doer !== null ? [toRecipient(doer)] : []),
    ];
    const once = new Map(recipients.map((each) => [each.userId, each]));
    const facts = {
      kind: credential.kind,
      name: credential.name,
      accountId: credential.accountId,
      account: account === null || account.kind === 'personal' ? null : account.name,
      doneBy: doer === null ? null : doer.displayName || doer.email,
      ...circumstancesOf(by, atMs),
    };
    return [...once.values()].map((to) => ports.compose(kind, to, facts));
  };
}

async function findDoer({ accounts }: NotifyPorts, { actor }: By): Promise<User | null> {
  const [, id] = /^user:(\d+)$/.exec(actor) ?? [];
  return id === undefined ? null : await accounts.findUser(Number(id));
}

/** A token belongs to its user alone; a key belongs to its account, whose owners and admins manage it. `account`: the key's. */
export function recipientsOf(
  ports: Omit<NotifyPorts, 'compose'>,
  credential: Pick<Credential, 'kind' | 'userId'>,
  account: Account | null,
): Promise<readonly Recipient[]> {
  return credential.kind === 'key' ? managersOf(ports, account) : usersOf(ports, credential.userId);
}

async function usersOf({ accounts }: Omit<NotifyPorts, 'compose'>, userId: number | null): Promise<Recipient[]> {
  const user = userId === null ? null : await accounts.findUser(userId);
  return user === null || isShutOut(user) ? [] : [toRecipient(user)];
}

async function managersOf(ports: Omit<NotifyPorts, 'compose'>, account: Account | null): Promise<Recipient[]> {
  if (account === null) return [];
  const tenders = await ports.members.listMembers(account, { roles: ['owner', 'admin'], limit: MAX_TOLD });
  return (await Promise.all(tenders.map(({ userId }) => usersOf(ports, userId)))).flat();
}

/** A disabled user is not notified of anything. */
const isShutOut = ({ disabledAtMs }: User): boolean => disabledAtMs !== null;

const toRecipient = ({ id, email }: User): Recipient => ({ userId: id, email });
