import type { Command } from 'commander';
import type { Application } from '../core/applications/application.ts';
import type { Fault } from '../core/lib/fault.ts';
import { isInactive, OPERATOR_ACCOUNT_ID } from '../core/users/account.ts';
import {
  addSettingsOptions,
  describeApplication,
  factsOfApplication,
  getApplication,
  readSettings,
  refuseBadSettings,
  type SettingsOptions,
} from './application.ts';
import { addCommand, addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { SHOWN_ONCE } from './credential.ts';
import { refusal, refusalOfFaults, wrongUsage } from './failure.ts';
import { type OutputOptions, print, readableTime, table } from './output.ts';
import { findAccountId, getActiveAccountId, inactive, type OwnerOptions, refuseTwoOwners } from './owner.ts';
import { idNumber, pageLimit, wholeNumber } from './values.ts';
import { withKeyhouse } from './with-keyhouse.ts';

/** As at the private API: 0 to 7 days, and 7 days by default. */
const DEFAULT_OVERLAP_SECONDS = 604_800;
const MAX_OVERLAP_SECONDS = 604_800;

interface CreateOptions extends OutputOptions, OwnerOptions, SettingsOptions {
  readonly name: string;
  readonly public?: boolean;
  readonly firstParty?: boolean;
  readonly verified?: boolean;
}

interface ListOptions extends OutputOptions, OwnerOptions {
  readonly search?: string;
  readonly limit: number;
  readonly before?: number;
}

interface UpdateOptions extends OutputOptions, SettingsOptions {
  readonly firstParty?: boolean;
}

interface RotateOptions extends OutputOptions, ConfirmOptions {
  readonly overlapSeconds: number;
}

const CLIENT = ['<client>', 'its client ID or its numeric ID'] as const;

export function addAppCommands(program: Command): void {
  const group = addGroup(program, 'app', 'Applications, which ask users for access (OAuth 2.0 and OpenID Connect)');
  addSettingsOptions(
    addCommand(group, 'create', 'Register an application and print its client ID and, only this once, its secret')
      .option('--email <email>', 'for the personal account of this user')
      .option('--account <id>', 'for this account; 1 is the operator’s', idNumber('--account'))
      .requiredOption('--name <name>', 'the name that users see when it asks for access')
      .option('--public', 'it cannot keep a secret, because it runs in a browser, on a phone or on a desktop'),
  )
    .option('--first-party', 'it is first-party (an application of account 1): users are not asked for consent')
    .option('--verified', 'mark it as verified')
    .action(create);
  addCommand(group, 'list', 'List applications, newest first')
    .option('--email <email>', 'only of the personal account of this user')
    .option('--account <id>', 'only of this account', idNumber('--account'))
    .option('--search <text>', 'only those whose name or client ID begins with this')
    .option('--limit <number>', 'how many to list, at most 500', pageLimit, 100)
    .option('--before <id>', 'only applications with a lower ID', idNumber('--before'))
    .action(listApplications);
  addCommand(group, 'show', 'Show one application')
    .argument(...CLIENT)
    .action(show);
  addSettingsOptions(
    addCommand(group, 'update', 'Change an application; options that are not given stay unchanged')
      .argument(...CLIENT)
      .option('--name <name>', 'the name that users see when it asks for access'),
  )
    .option('--first-party', 'it is first-party (an application of account 1): users are not asked for consent')
    .option('--no-first-party', 'it is not first-party')
    .action(update);
  addFinalCommand(group, 'rotate-secret', 'Replace the secret of an application and print the new one, only this once')
    .argument(...CLIENT)
    .option(
      '--overlap-seconds <seconds>',
      'how long the previous secret keeps working, 0 to 604800',
      wholeNumber('--overlap-seconds', 0, MAX_OVERLAP_SECONDS),
      DEFAULT_OVERLAP_SECONDS,
    )
    .action(rotateSecret);
  addCommand(group, 'verify', 'Mark an application as verified: it may ask for sensitive permissions, and users see no warning')
    .argument(...CLIENT)
    .action((client: string, options: OutputOptions) => judge(client, options, true));
  addCommand(group, 'unverify', 'Remove the mark of verified')
    .argument(...CLIENT)
    .action((client: string, options: OutputOptions) => judge(client, options, false));
  addFinalCommand(group, 'delete', 'Delete an application with all its grants, sessions and their JWTs')
    .argument(...CLIENT)
    .action(deleteApplication);
}

async function create(options: CreateOptions): Promise<void> {
  refuseTwoOwners(options);
  if (options.email === undefined && options.account === undefined)
    throw wrongUsage('The owner of the application is missing. Give --email or --account.');
  const kind = options.public === true ? 'public' : 'confidential';
  const given = await readSettings(options);
  await refuseBadSettings(given, kind, true);
  const { DEFAULT_SETTINGS } = await import('../core/applications/application.ts');
  await withKeyhouse({ ...options, makes: true }, async ({ keyhouse, store, by }) => {
    const accountId = await getActiveAccountId(store, options);
    const { firstParty: isFirstParty = false, verified: isVerified = false } = options;
    const settings = { ...DEFAULT_SETTINGS, ...given };
    const made = await keyhouse.applications.create({ accountId, kind, settings, isFirstParty, isVerified }, by);
    if (!made.ok) throw refusalOf(made);
    const { application, secret } = made.value;
    print(options, { ...withSecret(secret), ...describeApplication(application) }, () =>
      shownOnce('The application was registered.', application, secret),
    );
  });
}

async function listApplications(options: ListOptions): Promise<void> {
  refuseTwoOwners(options);
  await withKeyhouse(options, async ({ store }) => {
    const accountId = await findAccountId(store, options);
    const { search, limit, before } = options;
    const found = await store.applications.listApplications({
      nowMs: Date.now(),
      limit,
      ...(accountId === undefined ? {} : { accountId }),
      ...(search === undefined ? {} : { search }),
      ...(before === undefined ? {} : { beforeId: before }),
    });
    const next = found.length === limit ? (found.at(-1)?.id ?? null) : null;
    const applications = found.map((each) => ({ ...describeApplication(each), live_sessions: each.liveSessions }));
    print(options, { applications, next }, () =>
      table(
        ['id', 'client ID', 'name', 'account', 'type', 'sessions', 'verified', 'made'],
        found.map((each) => [
          each.id,
          each.clientId,
          each.name,
          each.accountId,
          each.isFirstParty ? `${each.kind}, first-party` : each.kind,
          each.liveSessions,
          readableTime(each.verifiedAtMs, 'no'),
          readableTime(each.createdAtMs),
        ]),
        "No applications found. Register one with 'keyhouse app create --email … --name … --redirect-uri …'.",
      ).concat(next === null ? '' : `\n\nThere may be more. Use --before ${next}`),
    );
  });
}

async function show(client: string, options: OutputOptions): Promise<void> {
  await withKeyhouse(options, async ({ store }) => {
    const application = await getApplication(store, client);
    print(options, describeApplication(application), () => factsOfApplication(application));
  });
}

async function update(client: string, options: UpdateOptions): Promise<void> {
  const settings = await readSettings(options);
  const { firstParty } = options;
  if (Object.keys(settings).length === 0 && firstParty === undefined) throw wrongUsage('Nothing to change.');
  await refuseBadSettings(settings, 'confidential', false);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const current = await getApplication(store, client);
    // Before anything is changed.
    if (firstParty === true && current.accountId !== OPERATOR_ACCOUNT_ID) throw refusalOf({ ok: false, reason: 'not_operators' });
    const updated = await keyhouse.applications.update({ application: current, settings }, by);
    if (!updated.ok) throw refusalOf(updated);
    const judged =
      firstParty === undefined || firstParty === updated.value.isFirstParty
        ? updated
        : await keyhouse.applications.setFirstParty(updated.value, firstParty, by, updated.value.updatedAtMs);
    if (!judged.ok) throw refusalOf(judged);
    const application = judged.value;
    const said = ['The application was changed.', ...lossOf(current, application), '', factsOfApplication(application)];
    print(options, describeApplication(application), () => said.join('\n'));
  });
}

async function rotateSecret(client: string, options: RotateOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const current = await getApplication(store, client);
    if (current.kind === 'public') throw refusal('public', 'A public application has no secret.');
    const { overlapSeconds } = options;
    const end = overlapSeconds === 0 ? 'immediately' : `in ${overlapSeconds} seconds`;
    await confirm(`Give "${current.name}" (${current.clientId}) a new secret? The current one stops working ${end}.`);
    const rotated = await keyhouse.applications.rotateSecret({ application: current, overlapSeconds }, by);
    if (!rotated.ok) throw refusalOf(rotated);
    const { application, secret } = rotated.value;
    print(options, { ...withSecret(secret), ...describeApplication(application) }, () =>
      shownOnce(`The application has a new secret. The previous one stops working ${end}.`, application, secret),
    );
  });
}

async function judge(client: string, options: OutputOptions, isVerified: boolean): Promise<void> {
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const current = await getApplication(store, client);
    const judged = await keyhouse.applications.verify(current, isVerified, by, current.updatedAtMs);
    if (!judged.ok) throw refusalOf(judged);
    const { name, clientId } = judged.value;
    const said = isVerified ? 'is verified' : 'is no longer verified';
    print(options, describeApplication(judged.value), () => `"${name}" (${clientId}) ${said}.`);
  });
}

async function deleteApplication(client: string, options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  await withKeyhouse(options, async ({ keyhouse, store, by }) => {
    const application = await getApplication(store, client);
    const { clientId, name } = application;
    await confirm(`Delete "${name}" (${clientId})? All users are signed out of it, and this cannot be undone.`);
    if (!(await keyhouse.applications.delete(application, by))) throw refusalOf({ ok: false, reason: 'gone' });
    print(options, { client_id: clientId, deleted: true }, () => `"${name}" is deleted, with its grants and sessions.`);
  });
}

function refusalOf(refused: { readonly ok: false; readonly reason: string }) {
  if (refused.reason === 'invalid' && 'faults' in refused) return refusalOfFaults(refused.faults as readonly Fault<string>[]);
  if (refused.reason === 'too_many') return refusal('too_many', 'The account has reached its limit of applications.');
  if (refused.reason === 'not_operators')
    return refusal('not_operators', 'Only applications of the operator’s account (--account 1) can be first-party.');
  if (refused.reason === 'changed') return refusal('changed', 'It was changed at the same time. Check it again.');
  if (isInactive(refused.reason)) return inactive(refused.reason);
  return refusal('not_found', 'It was deleted at the same time.');
}

/** Says which badges the change took away: the operator has to look again. */
function lossOf(before: Application, after: Application): string[] {
  const lost = [
    ...(before.verifiedAtMs !== null && after.verifiedAtMs === null ? ['verified'] : []),
    ...(before.isFirstParty && !after.isFirstParty ? ['first-party'] : []),
  ];
  return lost.length === 0
    ? []
    : [`It is no longer ${lost.join(' and no longer ')}, because the operator has not checked this change yet.`];
}

const withSecret = (secret: string | null) => (secret === null ? {} : { client_secret: secret });

const shownOnce = (what: string, application: Application, secret: string | null): string =>
  [what, '', ...(secret === null ? [] : [`  ${secret}`, '', SHOWN_ONCE, '']), factsOfApplication(application)].join('\n');
