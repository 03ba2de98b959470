import type { Command } from 'commander';
import { addCommand, addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { describeWithUse, listPage } from './credential.ts';
import { refusal } from './failure.ts';
import { type OutputOptions, print, readableList, readableTime, table } from './output.ts';
import { findUser } from './owner.ts';
import { idNumber, pageLimit } from './values.ts';
import { withKeyhouse } from './with-keyhouse.ts';

interface ListOptions extends OutputOptions {
  readonly user?: string;
  readonly revoked?: boolean;
  readonly limit: number;
  readonly before?: number;
}

export function addTokenCommands(program: Command): void {
  const group = addGroup(program, 'token', 'Personal access tokens, which speak for a user');
  addCommand(group, 'list', 'List tokens, newest first')
    .option('--user <user>', 'only of this user: an email address or an ID')
    .option('--revoked', 'also revoked ones')
    .option('--limit <number>', 'how many to list, at most 500', pageLimit, 100)
    .option('--before <id>', 'only tokens with a lower ID', idNumber('--before'))
    .action(listTokens);
  addFinalCommand(group, 'revoke', 'Revoke a token')
    .argument('<id>', 'the ID of the token, which is the number before its |', idNumber('The ID of a token'))
    .action(revoke);
}

async function listTokens(options: ListOptions): Promise<void> {
  await withKeyhouse(options, async ({ store }) => {
    const userId = options.user === undefined ? undefined : (await findUser(store, options.user)).id;
    const page = await listPage(store, { kind: 'token', ...(userId === undefined ? {} : { userId }) }, options);
    print(options, { tokens: page.credentials.map(describeWithUse), next: page.next }, () =>
      table(
        ['id', 'user', 'name', 'from', 'permissions', 'last used', 'last address', 'requests', 'state'],
        page.credentials.map((token) => [
          token.id,
          token.userId ?? '-',
          token.name,
          token.imported === null ? token.source : `imported: ${token.imported.origin}`,
          readableList(token.permissions, 'everything'),
          readableTime(token.use.lastUsedAtMs, 'never'),
          token.use.lastAddress ?? '-',
          token.use.requests,
          page.stateOf(token),
        ]),
        'No tokens found. Users create them by signing in (POST /api/v1/auth/login).',
      ).concat(page.more),
    );
  });
}

async function revoke(id: number, options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const token = await store.credentials.getCredential('token', id);
    if (token === null) throw refusal('not_found', `Token ${id} does not exist.`);
    await confirm(`Revoke token ${id}, "${token.name}", of user ${token.userId}? This cannot be undone.`);
    if (!(await keyhouse.credentials.revoke({ kind: 'token', id }, by)))
      throw refusal('already_revoked', `Token ${id} is already revoked.`);
    print(options, { id, revoked: true }, () => `Token ${id} is revoked.`);
  });
}
