import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CataloguedPermission } from '../core/permissions/catalogue.ts';
import { whatItAsks } from '../core/permissions/route-words.ts';
import { addCommand, addFinalCommand, addGroup } from './command.ts';
import { type ConfirmOptions, confirmation, readInput } from './confirm.ts';
import { refusal } from './failure.ts';
import { type OutputOptions, print, table } from './output.ts';
import { IMPORT_HELP, importPermissions } from './permission-import.ts';
import { withKeyhouse } from './with-keyhouse.ts';

const FORMAT = `
The file is JSON. If one of the two lists is missing, it is not changed:
  {"permissions": [{"name": "invoices.read", "sentence": "See your invoices", "grantable": true},
                   {"name": "payouts.write", "sentence": "Send money", "grantable": true, "sensitive": true}],
   "routes": [{"pattern": "/api/crm/:resource/**", "resource": "crm.:resource"}, {"pattern": "/status", "public": true},
              {"pattern": "/files/:name.json", "resource": "files"}, {"pattern": "/internal/**", "refused": true},
              {"methods": ["POST"], "pattern": "/reports/search", "permission": "reports.read"}]}
Applications may ask users for "grantable" permissions. Only verified applications may ask for "sensitive" ones.
Both are false by default.`;

export function addPermissionCommands(program: Command): void {
  const group = addGroup(program, 'permission', 'The permissions that exist, and which requests need them');
  addCommand(group, 'list', 'List the catalogue and the routes').action(listPermissions);
  addFinalCommand(group, 'set', 'Replace the catalogue, the routes or both with those in a file')
    .argument('<file>', 'the file; - is standard input')
    .addHelpText('after', FORMAT)
    .action(setPermissions);
  addFinalCommand(group, 'import', 'Take the catalogue and the routes from an OpenAPI document')
    .argument('<file>', 'the document, JSON or YAML; - is standard input')
    .option('--base <path>', 'the base path, such as /api/v1; by default from the servers in the document')
    .option('--sentences', 'also replace the sentences of permissions that are already in the catalogue')
    .option('--dry-run', 'show what would change, without changing anything')
    .addHelpText('after', IMPORT_HELP)
    .action(importPermissions);
}

async function listPermissions(options: OutputOptions): Promise<void> {
  await withKeyhouse(options, async ({ store }) => {
    const [permissions, routes] = await Promise.all([store.permissions.listPermissions(), store.permissions.listRoutes()]);
    const described = permissions.map(({ name, sentence, isGrantable: grantable, isSensitive: sensitive }) => ({
      name,
      sentence,
      grantable,
      sensitive,
    }));
    print(options, { permissions: described, routes }, () =>
      [
        table(
          ['permission', 'sentence', 'applications'],
          permissions.map((entry) => [entry.name, entry.sentence, whoMayAsk(entry)]),
          "The catalogue is empty, so every well-formed permission exists. Fill it with 'keyhouse permission set FILE'.",
        ),
        '',
        table(
          ['methods', 'route', 'asks for'],
          routes.map((rule) => ['methods' in rule ? rule.methods.join(', ') : 'any', rule.pattern, whatItAsks(rule)]),
          'You have no routes of your own. The built-in routes apply (such as /api/:resource/**).',
        ),
      ].join('\n'),
    );
  });
}

const whoMayAsk = ({ isGrantable, isSensitive }: CataloguedPermission): string =>
  isSensitive ? 'only verified' : isGrantable ? 'any' : 'none';

async function setPermissions(file: string, options: OutputOptions & ConfirmOptions): Promise<void> {
  const confirm = confirmation(options);
  const { readPermissionsFile } = await import('../core/permissions/permissions-file.ts');
  const read = readPermissionsFile(file === '-' ? await readInput() : await readFile(file, 'utf8'));
  if (!read.ok)
    throw refusal('invalid', `The file was not accepted:\n${(read.faults ?? []).map((fault) => `  - ${fault}`).join('\n')}`);
  const { permissions, routes } = read.value;
  await withKeyhouse({ ...options, makes: true }, async ({ keyhouse, store, by }) => {
    const [current, currentRoutes] = await Promise.all([store.permissions.listPermissions(), store.permissions.listRoutes()]);
    const replaced = [
      ...(permissions === null ? [] : [`${current.length} permissions with ${permissions.length}`]),
      ...(routes === null ? [] : [`${currentRoutes.length} routes with ${routes.length}`]),
    ];
    await confirm(`Replace ${replaced.join(' and ')}?`);
    const ports = { permissions: store.permissions, clock: keyhouse.clock };
    const { setCatalogue } = await import('../core/permissions/set-catalogue.ts');
    const { setRoutes } = await import('../core/permissions/set-routes.ts');
    if (permissions !== null) await setCatalogue(ports, { catalogue: permissions, by });
    if (routes !== null) await setRoutes(ports, { routes, by });
    const counts = { permissions: permissions?.length ?? null, routes: routes?.length ?? null };
    print(options, counts, () => `Replaced: ${replaced.join(', ')}. Running servers use them from now on.`);
  });
}
