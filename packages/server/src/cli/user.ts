import type { Command } from 'commander';
import type { Keyhouse } from '../core/keyhouse.ts';
import type { PasswordFault } from '../core/passwords/password.ts';
import type { User } from '../core/users/account.ts';
import { addCommand, addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation, type PasswordOptions, readPassword } from './confirm.ts';
import { type CommandFailure, refusal, wrongUsage } from './failure.ts';
import { facts, isoTime, type OutputOptions, print, readableTime, table } from './output.ts';
import { findUser } from './owner.ts';
import { idNumber, pageLimit } from './values.ts';
import { withKeyhouse } from './with-keyhouse.ts';

const USER_HELP = 'an email address or a user ID';
const PASSWORD_HELP = 'the password. Others on this machine can see it while the command runs';
const PASSWORD_STDIN_HELP = 'read the password from standard input';

interface CreateOptions extends OutputOptions, PasswordOptions {
  readonly email: string;
  readonly administrator?: boolean;
}

interface ListOptions extends OutputOptions {
  readonly limit: number;
  readonly after?: number;
}

export function addUserCommands(program: Command): void {
  const group = addGroup(program, 'user', 'The users, who can sign in');
  addCommand(group, 'create', 'Create a user with a personal account; asks for a password if none is given')
    .requiredOption('--email <email>', 'the address to sign in with')
    .option('--password <password>', PASSWORD_HELP)
    .option('--password-stdin', PASSWORD_STDIN_HELP)
    .option('--administrator', 'make the user an administrator of this server')
    .action(create);
  addCommand(group, 'list', 'List users, oldest first')
    .option('--limit <number>', 'how many to list, at most 500', pageLimit, 100)
    .option('--after <id>', 'only users with a higher ID', idNumber('--after'))
    .action(listUsers);
  addFinalCommand(
    group,
    'disable',
    'Disable a user: all credentials are refused immediately, earlier JWTs stay revoked, and teams without another enabled owner are suspended',
  )
    .argument('<user>', USER_HELP)
    .action(disable);
  addCommand(group, 'enable', 'Enable a disabled user again, and resume the teams that were suspended with the user')
    .argument('<user>', USER_HELP)
    .action(enable);
  addCommand(group, 'reset-password', 'Set a new password, and revoke the tokens that were created by signing in')
    .argument('<user>', USER_HELP)
    .option('--password <password>', PASSWORD_HELP)
    .option('--password-stdin', PASSWORD_STDIN_HELP)
    .action(resetPassword);
  addFinalCommand(
    group,
    'reset-factors',
    'For a user who lost their second factor: turns two-step verification off, removes passkeys, authenticator app and recovery codes, and ends all sign-ins',
  )
    .argument('<user>', USER_HELP)
    .action(resetFactors);
}

async function create(options: CreateOptions): Promise<void> {
  const { EMAIL_SENTENCE, readEmail } = await import('../core/lib/email.ts');
  if (readEmail(options.email) === null) throw wrongUsage(`--email: ${EMAIL_SENTENCE}`);
  const password = await readPassword(options);
  await withKeyhouse({ ...options, makes: true }, async ({ keyhouse, by }) => {
    const { email, administrator: isAdministrator = false } = options;
    const created = await keyhouse.users.create({ email, password, isAdministrator, by });
    if (!created.ok) throw await refusalOf(created.reason);
    const user = created.value;
    print(options, describe(user), () => `The user was created.\n\n${factsOf(user)}`);
  });
}

async function listUsers(options: ListOptions): Promise<void> {
  await withKeyhouse(options, async ({ store }) => {
    const { limit, after: afterId = 0 } = options;
    const users = await store.accounts.listUsers({ afterId, limit });
    const next = users.length === limit ? (users.at(-1)?.id ?? null) : null;
    print(options, { users: users.map(describe), next }, () =>
      table(
        ['id', 'email', 'account', 'administrator', 'state', 'created'],
        users.map((user) => [
          user.id,
          user.email,
          user.accountId,
          user.isAdministrator ? 'yes' : '',
          user.disabledAtMs === null ? 'active' : `disabled ${readableTime(user.disabledAtMs)}`,
          readableTime(user.createdAtMs),
        ]),
        afterId === 0 ? "There are no users yet. Create one with 'keyhouse user create --email …'." : 'There are no more users.',
      ).concat(next === null ? '' : `\n\nThere may be more. Use --after ${next}`),
    );
  });
}

async function disable(name: string, options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const user = await findUser(store, name);
    await confirm(
      `Disable ${user.email} (user ${user.id})? All JWTs minted so far are revoked and stay revoked, and teams without another enabled owner are suspended.`,
    );
    const done = await keyhouse.users.disable({ userId: user.id, by });
    if (!done.ok) throw await refusalOf(done.reason === 'already_so' ? 'already_disabled' : done.reason);
    print(
      options,
      { id: user.id, disabled: true },
      () => `User ${user.id} is disabled. All credentials of the user are refused.`,
    );
  });
}

async function enable(name: string, options: OutputOptions): Promise<void> {
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const user = await findUser(store, name);
    const done = await keyhouse.users.enable({ userId: user.id, by });
    if (!done.ok) throw await refusalOf(done.reason === 'already_so' ? 'already_enabled' : done.reason);
    print(
      options,
      { id: user.id, disabled: false },
      () =>
        `User ${user.id} is enabled again, and the teams that were suspended with the user are resumed. Earlier JWTs of the user stay revoked.`,
    );
  });
}

async function resetPassword(name: string, options: OutputOptions & PasswordOptions & ConfirmOptions): Promise<void> {
  const password = await readPassword(options);
  // A script that gives the password has decided; a person at a terminal is told first what ends.
  const isGiven = options.password !== undefined || options.passwordStdin === true;
  const confirm = isGiven ? async () => {} : confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const user = await findUser(store, name);
    const { tokens, sessions } = await store.profile.readEnding({ userId: user.id, all: false, nowMs: keyhouse.clock.now() });
    const ends = listed([
      ...count(tokens.length, 'token that was created by signing in', 'tokens that were created by signing in'),
      ...count(sessions, 'session of an application', 'sessions of applications'),
      ...(await signInsToEnd(keyhouse, user)),
    ]);
    await confirm(`Set a new password for ${user.email} (user ${user.id})? This ends ${ends}.`);
    const done = await keyhouse.signIns.resetPassword({ userId: user.id, password, by });
    if (!done.ok) throw await refusalOf(done.reason);
    print(options, { id: user.id }, () => `User ${user.id} has the new password. This ended ${ends}.`);
  });
}

async function resetFactors(name: string, options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const user = await findUser(store, name);
    const ends = listed([...(await factorsToEnd(keyhouse, user)), ...(await signInsToEnd(keyhouse, user))]);
    await confirm(
      `Reset the factors of ${user.email} (user ${user.id})? This ends ${ends}. Verify the identity of the user first.`,
    );
    const done = await keyhouse.administration.resetSecondFactor({ userId: user.id, actorId: null, by });
    if (done !== 'done') throw await refusalOf('unknown_user');
    print(
      options,
      { id: user.id },
      () =>
        `Two-step verification of user ${user.id} is off. Passkeys, authenticator app and recovery codes are removed, and all sign-ins are ended.`,
    );
  });
}

async function factorsToEnd(keyhouse: Keyhouse, { id }: User): Promise<readonly string[]> {
  const { passkeys, totp, recoveryCodesLeft } = await keyhouse.administration.factorsOf(id);
  return [
    ...count(passkeys, 'passkey', 'passkeys'),
    ...(totp ? ['the authenticator app'] : []),
    ...count(recoveryCodesLeft, 'recovery code', 'recovery codes'),
  ];
}

async function signInsToEnd(keyhouse: Keyhouse, { id }: User): Promise<readonly string[]> {
  const { signIns, hasMore } = await keyhouse.signIns.list(id);
  return hasMore ? [`more than ${signIns.length} sign-ins`] : count(signIns.length, 'sign-in', 'sign-ins');
}

const count = (number: number, one: string, many: string): readonly string[] =>
  number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? 'nothing else') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

const SENTENCES = {
  invalid_email: 'The email must be a valid email address.',
  taken: 'A user with this email address already exists.',
  busy: 'The machine is busy. Try again.',
  unknown_user: 'The user does not exist.',
  already_disabled: 'The user is already disabled.',
  already_enabled: 'The user is not disabled.',
  last_administrator: 'This is the last enabled administrator. Add another one first.',
  not_allowed: 'Only an administrator may do this.',
} as const;

async function refusalOf(reason: keyof typeof SENTENCES | PasswordFault): Promise<CommandFailure> {
  if (reason in SENTENCES) return refusal(reason, SENTENCES[reason as keyof typeof SENTENCES]);
  const { PASSWORD_SENTENCES } = await import('../core/passwords/password.ts');
  return refusal('weak_password', PASSWORD_SENTENCES[reason as PasswordFault]);
}

const describe = (user: User) => ({
  id: user.id,
  account: user.accountId,
  email: user.email,
  display_name: user.displayName,
  administrator: user.isAdministrator,
  disabled_at: isoTime(user.disabledAtMs),
  created_at: isoTime(user.createdAtMs),
});

const factsOf = (user: User): string =>
  facts([
    ['user', user.id],
    ['email', user.email],
    ['personal account', user.accountId],
    ['administrator', user.isAdministrator ? 'yes' : 'no'],
  ]);
