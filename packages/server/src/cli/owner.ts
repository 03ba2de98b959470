/** The owner that a command means: users by address or id, accounts by number or by their user. */
import { INACTIVE_SENTENCES, type InactiveState, type User } from '../core/users/account.ts';
import type { OpenedStore } from '../store/opened.ts';
import { type CommandFailure, refusal, wrongUsage } from './failure.ts';

type Accounts = Pick<OpenedStore, 'accounts'>;

/** A user by email address or id. */
export async function findUser({ accounts }: Accounts, name: string): Promise<User> {
  const user = /^\d{1,15}$/.test(name) ? await accounts.findUser(Number(name)) : await byEmail(accounts, name);
  if (user === null) throw refusal('not_found', 'The user does not exist.');
  return user;
}

async function byEmail(accounts: Accounts['accounts'], email: string): Promise<User | null> {
  const { readEmail } = await import('../core/lib/email.ts');
  const read = readEmail(email);
  if (read === null) throw wrongUsage('Name a user by an email address or an ID.');
  return accounts.findUserByEmail(read.key);
}

/** The account that something is to be created in. Refused when nothing created there would be accepted. */
export async function getActiveAccountId(store: Accounts, options: OwnerOptions): Promise<number> {
  const id = await findAccountId(store, options);
  if (id === undefined) throw wrongUsage('Give --email or --account.');
  const state = (await store.accounts.accountState(id)) ?? 'deleted';
  if (state !== 'active') throw inactive(state);
  return id;
}

/** Judged again in the act. */
export function inactive(state: InactiveState): CommandFailure {
  return refusal(`account_${state}`, INACTIVE_SENTENCES[state]);
}

export interface OwnerOptions {
  readonly email?: string;
  readonly account?: number;
}

/** `--email` and `--account` say the same thing in two ways; both at once may not. */
export function refuseTwoOwners({ email, account }: OwnerOptions): void {
  if (email !== undefined && account !== undefined) throw wrongUsage('Give --email or --account, not both.');
}

/** The account that is meant; undefined when the options name none. */
export async function findAccountId(store: Accounts, { email, account }: OwnerOptions): Promise<number | undefined> {
  if (email !== undefined) return (await findUser(store, email)).accountId;
  if (account === undefined) return undefined;
  if ((await store.accounts.findAccount(account)) === null) throw refusal('not_found', `Account ${account} does not exist.`);
  return account;
}
