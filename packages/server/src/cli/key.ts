import type { Command } from 'commander';
import type { Credential, Environment } from '../core/credentials/credential.ts';
import type { CredentialFault } from '../core/credentials/wish.ts';
import { addCommand, addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { describeCredential, describeWithUse, factsOfCredential, listPage, SHOWN_ONCE } from './credential.ts';
import { type CommandFailure, refusal, refusalOfFaults, sentencesOf, wrongUsage } from './failure.ts';
import { type OutputOptions, print, readableList, readableTime, table } from './output.ts';
import { findAccountId, getActiveAccountId, inactive, type OwnerOptions, refuseTwoOwners } from './owner.ts';
import { end, idNumber, list, oneOf, pageLimit, wholeNumber } from './values.ts';
import { type CommandContext, withKeyhouse } from './with-keyhouse.ts';

/** The same bounds as on the wire: none to seven days, an hour by default. */
const DEFAULT_OVERLAP_SECONDS = 3600;
const MAX_OVERLAP_SECONDS = 604_800;

interface CreateOptions extends OutputOptions, OwnerOptions {
  readonly name: string;
  readonly env: Environment;
  readonly permissions?: readonly string[];
  readonly addresses?: readonly string[];
  readonly expires?: number;
}

interface ListOptions extends OutputOptions, OwnerOptions {
  readonly revoked?: boolean;
  readonly limit: number;
  readonly before?: number;
}

interface RotateOptions extends OutputOptions, ConfirmOptions {
  readonly overlapSeconds: number;
  readonly revokeJwts?: boolean;
}

interface NarrowOptions extends OutputOptions, ConfirmOptions {
  readonly permissions?: readonly string[];
  readonly addresses?: readonly string[];
}

export function addKeyCommands(program: Command): void {
  const group = addGroup(program, 'key', 'API keys, which speak for an account');
  addCommand(group, 'create', 'Create a key and print it, only this once')
    .option('--email <email>', 'for the personal account of this user')
    .option('--account <id>', 'for this account; 1 is the operator’s', idNumber('--account'))
    .requiredOption('--name <name>', 'a name that says what it is for')
    .option('--permissions <list>', 'such as invoices.read,invoices.write; everything by default', list('--permissions'))
    .option('--addresses <list>', 'CIDR blocks that requests may come from; any by default', list('--addresses'))
    .option('--expires <when>', 'a date, or a duration such as 90d; never by default', end('--expires'))
    .option('--env <environment>', 'live or test', oneOf('--env', ['live', 'test']), 'live' as Environment)
    .action(create);
  addCommand(group, 'list', 'List keys, newest first')
    .option('--email <email>', 'only of the personal account of this user')
    .option('--account <id>', 'only of this account', idNumber('--account'))
    .option('--revoked', 'also revoked ones')
    .option('--limit <number>', 'how many to list, at most 500', pageLimit, 100)
    .option('--before <id>', 'only keys with a lower ID', idNumber('--before'))
    .action(listKeys);
  addCommand(group, 'show', 'Show one key and who created it')
    .argument('<id>', 'the ID of the key', idNumber('The ID of a key'))
    .action(show);
  addFinalCommand(group, 'revoke', 'Revoke a key and every JWT minted from it')
    .argument('<id>', 'the ID of the key', idNumber('The ID of a key'))
    .action(revoke);
  addFinalCommand(group, 'rotate', 'Replace the secret of a key and print the new one, only this once')
    .argument('<id>', 'the ID of the key', idNumber('The ID of a key'))
    .option(
      '--overlap-seconds <seconds>',
      'how long the previous secret keeps working, 0 to 604800',
      wholeNumber('--overlap-seconds', 0, MAX_OVERLAP_SECONDS),
      DEFAULT_OVERLAP_SECONDS,
    )
    .option('--revoke-jwts', 'also revoke the JWTs minted so far')
    .action(rotate);
  addFinalCommand(group, 'narrow', 'Remove permissions or addresses from a key; its JWTs with more than what is left are revoked')
    .argument('<id>', 'the ID of the key', idNumber('The ID of a key'))
    .option('--permissions <list>', 'the permissions to keep', list('--permissions'))
    .option('--addresses <list>', 'all CIDR blocks that it may be used from after that', list('--addresses'))
    .action(narrow);
}

async function create(options: CreateOptions): Promise<void> {
  refuseTwoOwners(options);
  if (options.email === undefined && options.account === undefined)
    throw wrongUsage('The owner of the key is missing. Give --email or --account.');
  await refuseBadWish(options);
  await withKeyhouse({ ...options, makes: true }, async ({ keyhouse, store, by }) => {
    const accountId = await getActiveAccountId(store, options);
    const { name, env: environment, permissions = null, addresses = null, expires: expiresAtMs = null } = options;
    const wish = { accountId, name, environment, permissions, addresses, expiresAtMs, source: 'command-line' } as const;
    const issued = await keyhouse.credentials.createKey(wish, by);
    if (!issued.ok) throw issued.reason === 'invalid' ? refusalOfFaults(issued.faults) : inactive(issued.reason);
    const { key, text } = issued.value;
    print(options, { key: text, ...describeCredential(key) }, () => shownOnce('The key was created.', key, text));
  });
}

async function listKeys(options: ListOptions): Promise<void> {
  refuseTwoOwners(options);
  await withKeyhouse(options, async ({ store }) => {
    const accountId = await findAccountId(store, options);
    const page = await listPage(store, { kind: 'key', ...(accountId === undefined ? {} : { accountId }) }, options);
    print(options, { keys: page.credentials.map(describeWithUse), next: page.next }, () =>
      table(
        ['id', 'account', 'name', 'from', 'env', 'permissions', 'addresses', 'last used', 'requests', 'created by', 'state'],
        page.credentials.map((key) => [
          key.id,
          key.accountId,
          key.name,
          key.imported === null ? key.source : `imported: ${key.imported.origin}`,
          key.environment,
          readableList(key.permissions, 'everything'),
          readableList(key.addresses, 'any'),
          readableTime(key.use.lastUsedAtMs, 'never'),
          key.use.requests,
          key.createdBy ?? '-',
          page.stateOf(key),
        ]),
        "No keys found. Create one with 'keyhouse key create --email … --name …'.",
      ).concat(page.more),
    );
  });
}

async function show(id: number, options: OutputOptions): Promise<void> {
  await withKeyhouse(options, async ({ store }) => {
    const key = await store.credentials.getCredential('key', id);
    if (key === null) throw refusal('not_found', `Key ${id} does not exist.`);
    print(options, describeWithUse(key), () => factsOfCredential(key));
  });
}

async function revoke(id: number, options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const key = await getLiveKey(store, id);
    await confirm(
      `Revoke key ${id}, "${key.name}", of account ${key.accountId}? The key and its JWTs stop working, and this cannot be undone.`,
    );
    if (!(await keyhouse.credentials.revoke({ kind: 'key', id }, by)))
      throw refusal('already_revoked', `Key ${id} is already revoked.`);
    print(options, { id, revoked: true }, () => `Key ${id} and every JWT minted from it are revoked.`);
  });
}

async function rotate(id: number, options: RotateOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const key = await getLiveKey(store, id);
    await confirm(
      `Rotate key ${id}, "${key.name}", of account ${key.accountId}? Its current secret stops working ${lifeLeft(options)}.`,
    );
    const { overlapSeconds, revokeJwts = false } = options;
    const rotated = await keyhouse.credentials.rotate({ credential: key, currentHash: key.hash, overlapSeconds, revokeJwts }, by);
    if (!rotated.ok) throw refusal('overtaken', `Someone else rotated or revoked key ${id} at the same time. Check it again.`);
    const { credential, text } = rotated.value;
    const value = { key: text, ...describeCredential(credential) };
    print(options, value, () =>
      shownOnce(`The key was rotated. Its previous secret stops working ${lifeLeft(options)}.`, credential, text),
    );
  });
}

async function narrow(id: number, options: NarrowOptions): Promise<void> {
  const { permissions, addresses } = options;
  if (permissions === undefined && addresses === undefined)
    throw wrongUsage('Nothing to narrow. Give --permissions, --addresses or both.');
  await refuseBadWish(options);
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const key = await getLiveKey(store, id);
    await confirm(
      `Narrow key ${id}, "${key.name}", of account ${key.accountId}? Permissions and addresses cannot be added to a key later.`,
    );
    const change = { ...(permissions && { permissions }), ...(addresses && { addresses }) };
    const narrowed = await keyhouse.credentials.narrow({ kind: 'key', id, ...change }, by);
    if (!narrowed.ok) throw narrowRefusal(narrowed.reason, narrowed.faults);
    print(options, describeCredential(narrowed.value), () => `The key was narrowed.\n\n${factsOfCredential(narrowed.value)}`);
  });
}

async function getLiveKey({ credentials }: CommandContext['store'], id: number): Promise<Credential> {
  const key = await credentials.getCredential('key', id);
  if (key === null) throw refusal('not_found', `Key ${id} does not exist.`);
  if (key.revokedAtMs !== null) throw refusal('already_revoked', `Key ${id} is already revoked.`);
  return key;
}

/** What can be judged without the database: a fault here is wrong usage. Whether a permission exists is checked later. */
async function refuseBadWish(options: {
  readonly name?: string;
  readonly permissions?: readonly string[];
  readonly addresses?: readonly string[];
}): Promise<void> {
  const { checkAddresses, checkName, checkPermissions } = await import('../core/credentials/wish.ts');
  const { OPERATOR_ACCOUNT_ID } = await import('../core/users/account.ts');
  const faults = [
    ...(options.name === undefined ? [] : checkName(options.name)),
    ...checkPermissions(options.permissions ?? null, OPERATOR_ACCOUNT_ID, () => true),
    ...checkAddresses(options.addresses ?? null),
  ];
  if (faults.length > 0) throw wrongUsage(sentencesOf(faults));
}

function narrowRefusal(
  reason: 'not_found' | 'wider' | 'invalid' | 'changed',
  faults?: readonly CredentialFault[],
): CommandFailure {
  if (reason === 'invalid') return refusalOfFaults(faults);
  const sentence = {
    not_found: 'The key no longer exists.',
    wider: 'That is more than the key has now, and nothing can be added to a key. Create another one.',
    changed: 'Someone else changed the key at the same time. Check it again.',
  }[reason];
  return refusal(reason, sentence);
}

const lifeLeft = ({ overlapSeconds }: RotateOptions): string =>
  overlapSeconds === 0 ? 'immediately' : `in ${overlapSeconds} seconds`;

const shownOnce = (what: string, key: Credential, text: string): string =>
  [what, '', `  ${text}`, '', SHOWN_ONCE, '', factsOfCredential(key)].join('\n');
