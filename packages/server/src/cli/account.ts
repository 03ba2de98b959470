import type { Command } from 'commander';
import type { ListedAccount } from '../core/administration/ports.ts';
import type { WhatEnds } from '../core/teams/what-ends.ts';
import { addCommand, addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { type CommandFailure, refusal, wrongUsage } from './failure.ts';
import { facts, isoTime, type OutputOptions, print, readableTime, table } from './output.ts';
import { idNumber, pageLimit } from './values.ts';
import { type CommandContext, withKeyhouse } from './with-keyhouse.ts';

interface ListOptions extends OutputOptions {
  readonly search?: string;
  readonly limit: number;
  readonly before?: number;
}

interface SuspendOptions extends OutputOptions {
  readonly reason?: string;
}

const ACCOUNT = ['<account>', 'the ID of the account', idNumber('The ID of an account')] as const;

export function addAccountCommands(program: Command): void {
  const group = addGroup(program, 'account', 'Accounts (personal ones and teams), which own keys and applications');
  addCommand(group, 'list', 'List accounts, newest first')
    .option('--search <text>', 'only those whose name begins with this')
    .option('--limit <number>', 'how many to list, at most 500', pageLimit, 100)
    .option('--before <id>', 'only accounts with a lower ID', idNumber('--before'))
    .action(listAccounts);
  addCommand(group, 'show', 'Show one account and what it contains')
    .argument(...ACCOUNT)
    .action(show);
  addCommand(group, 'suspend', 'Refuse everything in an account immediately, until it is resumed; nothing is deleted')
    .argument(...ACCOUNT)
    .option('--reason <text>', 'the reason that its members see')
    .action(suspend);
  addCommand(group, 'resume', 'Accept everything in a suspended account again, including JWTs')
    .argument(...ACCOUNT)
    .action(resume);
  addFinalCommand(group, 'delete', 'Delete a team, or a personal account with its user, and everything in it')
    .argument(...ACCOUNT)
    .action(deleteAccount);
}

async function listAccounts(options: ListOptions): Promise<void> {
  await withKeyhouse(options, async ({ keyhouse }) => {
    const { search: query = '', limit, before } = options;
    const found = await keyhouse.administration.findAccounts({
      query,
      limit,
      ...(before === undefined ? {} : { beforeId: before }),
    });
    const next = found.length === limit ? (found.at(-1)?.id ?? null) : null;
    print(options, { accounts: found.map(describe), next }, () =>
      table(
        ['id', 'kind', 'name', 'owner', 'members', 'keys', 'state', 'created'],
        found.map((account) => [
          account.id,
          account.kind,
          account.name,
          account.owner ?? '-',
          account.members,
          account.keys,
          stateOf(account),
          readableTime(account.createdAtMs),
        ]),
        'No accounts found.',
      ).concat(next === null ? '' : `\n\nThere may be more. Use --before ${next}`),
    );
  });
}

async function show(id: number, options: OutputOptions): Promise<void> {
  await withKeyhouse(options, async ({ keyhouse }) => {
    const account = await getAccount(keyhouse, id);
    const ends = await keyhouse.administration.whatEndsWithAccount(account);
    print(options, { ...describe(account), contains: describeEnds(ends) }, () =>
      facts([
        ['account', account.id],
        ['kind', account.kind],
        ['name', account.name],
        ['owner', account.owner ?? '-'],
        ['state', stateOf(account)],
        ['reason', account.suspension?.reason ?? '-'],
        ['created', readableTime(account.createdAtMs)],
        ...countsOf(ends).map(([name, count]): [string, number] => [name, count]),
      ]),
    );
  });
}

async function suspend(id: number, options: SuspendOptions): Promise<void> {
  const { findReasonFault } = await import('../core/administration/operator-accounts.ts');
  const reason = options.reason?.trim() || null;
  const fault = reason === null ? null : findReasonFault(reason);
  if (fault !== null) throw wrongUsage(`--reason: ${fault}`);
  await withKeyhouse(options, async ({ keyhouse, by }) => {
    const outcome = await keyhouse.administration.suspendAccount({ accountId: id, reason, by });
    if (outcome !== 'done') throw refusalOf(outcome, `Account ${id} is already suspended.`);
    print(options, { id, suspended: true }, () => `Account ${id} is suspended. Everything in it is refused until it is resumed.`);
  });
}

async function resume(id: number, options: OutputOptions): Promise<void> {
  await withKeyhouse(options, async ({ keyhouse, by }) => {
    const outcome = await keyhouse.administration.resumeAccount({ accountId: id, by });
    if (outcome !== 'done') throw refusalOf(outcome, `Account ${id} is not suspended.`);
    print(
      options,
      { id, suspended: false },
      () => `Account ${id} is active again, and so is everything in it that is not revoked or expired.`,
    );
  });
}

async function deleteAccount(id: number, options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, by }) => {
    const account = await getAccount(keyhouse, id);
    const ends = await keyhouse.administration.whatEndsWithAccount(account);
    const list = countsOf(ends).map(([name, count]) => `${count} ${name}`);
    const consequence = list.length === 0 ? '' : ` This also ends: ${list.join(', ')}.`;
    await confirm(
      `Delete ${nameOf(account)}${account.kind === 'personal' ? ' and its user' : ''}? This cannot be undone.${consequence}`,
    );
    const outcome = await keyhouse.administration.deleteAccount({ accountId: id, by });
    if (outcome !== 'done') throw refusalOf(outcome, '');
    print(options, { id, deleted: true, ended: describeEnds(ends) }, () => `Account ${id} is deleted, and everything in it.`);
  });
}

async function getAccount(keyhouse: CommandContext['keyhouse'], id: number): Promise<ListedAccount> {
  const account = await keyhouse.administration.findListedAccount(id);
  if (account === null) throw refusal('not_found', `Account ${id} does not exist.`);
  return account;
}

type Outcome = Exclude<
  Awaited<ReturnType<CommandContext['keyhouse']['administration']['suspendAccount' | 'deleteAccount']>>,
  'done'
>;

function refusalOf(outcome: Outcome, already: string): CommandFailure {
  const sentences: Readonly<Record<Outcome, string>> = {
    already,
    gone: 'The account does not exist.',
    not_allowed: 'Only an administrator may do this.',
    operator: 'This is the operator’s account. It cannot be suspended or deleted.',
    only_owner: 'Its user is the only owner of a team. Delete the team or transfer ownership first.',
    last_administrator: 'Its user is the last enabled administrator. Add another one first.',
  };
  return refusal(outcome === 'gone' ? 'not_found' : outcome, sentences[outcome]);
}

const nameOf = ({ id, kind, name, owner }: ListedAccount): string =>
  kind === 'personal' ? `the personal account ${id} of ${owner ?? name}` : `account ${id}, "${name}"`;

const stateOf = ({ suspension }: ListedAccount): string =>
  suspension === null ? 'active' : `suspended ${readableTime(suspension.sinceMs)}`;

const describe = (account: ListedAccount) => ({
  id: account.id,
  kind: account.kind,
  name: account.name,
  owner: account.owner,
  members: account.members,
  keys: account.keys,
  suspended_at: isoTime(account.suspension?.sinceMs ?? null),
  suspension_reason: account.suspension?.reason ?? null,
  created_at: isoTime(account.createdAtMs),
});

const describeEnds = ({ applicationSessions, signIns, ...ends }: WhatEnds) => ({
  ...ends,
  application_sessions: applicationSessions,
  sign_ins: signIns,
});

/** The counts that are not zero, each with its name. */
const countsOf = (ends: WhatEnds): readonly (readonly [string, number])[] =>
  (
    [
      ['keys', ends.keys],
      ['tokens', ends.tokens],
      ['JWTs', ends.jwts],
      ['applications', ends.applications],
      ['sessions of its applications', ends.applicationSessions],
      ['browsers signed in', ends.signIns],
      ['sessions at other applications', ends.sessions],
      ['members', ends.members],
      ['invitations', ends.invitations],
      ['team memberships', ends.teams],
    ] as const
  ).filter(([, count]) => count > 0);
