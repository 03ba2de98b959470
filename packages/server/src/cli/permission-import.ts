/** `keyhouse permission import`: the catalogue and the routes from an OpenAPI document. */
import type { DerivedRoutes } from '@keyhouse/openapi';
import type { CataloguedPermission, StoredRoute } from '../core/permissions/catalogue.ts';
import type { CurrentCatalogue, ImportPlan } from '../core/permissions/import-routes.ts';
import { whatItAsks } from '../core/permissions/route-words.ts';
import { type ConfirmOptions, confirmation } from './confirm.ts';
import { refusal } from './failure.ts';
import { note, type OutputOptions, print, printable } from './output.ts';
import { type CommandContext, withKeyhouse } from './with-keyhouse.ts';

export interface ImportOptions extends OutputOptions, ConfirmOptions {
  readonly base?: string;
  readonly dryRun?: boolean;
  readonly sentences?: boolean;
}

export const IMPORT_HELP = `
Each path and method needs resource.read or resource.write. The resource is the first part of the path that is a name,
not api, a version or a template. In the document:
  "x-permission": "reports.read"       on an operation, a path or the whole document: needs this permission instead
  "security": [] or "x-public": true   a request without a credential may pass
  "x-refused": true                    on an operation or a path: requests are refused
The document replaces the whole catalogue and all routes. A permission that was already in the catalogue stays grantable
or sensitive as before and, without --sentences, keeps its sentence.`;

/** People read a short list, not one of a thousand; the JSON has all of them. */
const MAX_LINES = 40;

export async function importPermissions(file: string, options: ImportOptions): Promise<void> {
  const isDryRun = options.dryRun === true;
  const confirm = isDryRun ? null : confirmation(options);
  const { readOpenApi } = await import('./openapi-file.ts');
  const derived = await readOpenApi(file, options.base);
  const { importRoutes, planImport } = await import('../core/permissions/import-routes.ts');
  await withKeyhouse({ ...options, makes: !isDryRun }, async (opened) => {
    const current = await readCurrent(opened);
    const plan = planImport(current, derived, { takesSentences: options.sentences === true });
    const isChange = plan.changesPermissions || plan.changesRoutes;
    const text = describePlan(plan, derived);
    if (isChange && confirm !== null) {
      if (options.json !== true || options.yes !== true) note({}, text);
      await confirm('Replace the catalogue and the routes?');
      await refuseIfChanged(opened, current);
      await importRoutes({ permissions: opened.store.permissions, clock: opened.keyhouse.clock }, { plan, by: opened.by });
    }
    print(options, { changed: isChange && !isDryRun, dry_run: isDryRun, ...json(plan, derived) }, () => {
      if (!isChange)
        return [...warningLines(derived), 'The catalogue and the routes already match the document. Nothing was changed.'].join(
          '\n',
        );
      if (isDryRun) return `${text}\n\nNothing was changed: this was a dry run.`;
      return `Imported: ${plan.permissions.length} permissions, ${plan.routes.length} routes. Running servers use them from now on.`;
    });
  });
}

async function readCurrent({ store, keyhouse }: CommandContext): Promise<CurrentCatalogue> {
  const [permissions, routes, holders] = await Promise.all([
    store.permissions.listPermissions(),
    store.permissions.listRoutes(),
    store.permissions.countHolders({ nowMs: keyhouse.clock.now() }),
  ]);
  return { permissions, routes, holders };
}

/** Somebody may have saved another catalogue while the question waited for an answer. */
async function refuseIfChanged({ store }: CommandContext, shown: CurrentCatalogue): Promise<void> {
  const now = await Promise.all([store.permissions.listPermissions(), store.permissions.listRoutes()]);
  if (JSON.stringify(now) !== JSON.stringify([shown.permissions, shown.routes]))
    throw refusal(
      'changed_meanwhile',
      'Someone else changed the catalogue or the routes at the same time. Nothing was imported. Run the command again.',
    );
}

function describePlan(plan: ImportPlan, derived: DerivedRoutes): string {
  const { added, kept, reworded, gone, unlisted, routes, routesAdded, routesGone } = plan;
  return [
    `Permissions: ${added.length} added, ${kept.length} kept, ${gone.length} gone`,
    ...lines(added, ({ name, sentence }) => `  + ${name}  ${sentence}`),
    ...lines(
      gone,
      ({ name, holders }) =>
        `  - ${name}${holders === 0 ? '' : `  held by ${holders}: keys and tokens keep it, applications lose it, and it cannot be granted again`}`,
    ),
    ...lines(reworded, ({ name, from, to }) => `  ~ ${name}  "${from}" becomes "${to}"`),
    ...lines(unlisted, ({ name, holders }) => `  ? ${name}  held by ${holders}, and not in the document`),
    `Routes: ${routesAdded.length} added, ${routes.length - routesAdded.length} kept, ${routesGone.length} gone`,
    ...lines(routesAdded, (rule) => `  + ${describeRule(rule)}`),
    ...lines(routesGone, (rule) => `  - ${describeRule(rule)}`),
    ...warned('Public', publicOf(routes)),
    ...warned('Always refused', refusedOf(routes)),
    ...warningLines(derived),
  ].join('\n');
}

const warningLines = ({ warnings }: DerivedRoutes): readonly string[] => lines(warnings, (warning) => `Note: ${warning}`);

function lines<Entry>(entries: readonly Entry[], line: (entry: Entry) => string): readonly string[] {
  const shown = entries.slice(0, MAX_LINES).map((entry) => printable(line(entry)));
  return entries.length <= MAX_LINES ? shown : [...shown, `  … and ${entries.length - MAX_LINES} more. --json lists all of them`];
}

function describeRule(rule: StoredRoute): string {
  const methods = 'methods' in rule ? rule.methods.join(', ') : 'any method';
  return `${methods} ${rule.pattern} → ${whatItAsks(rule)}`;
}

const warned = (title: string, rules: readonly StoredRoute[]): readonly string[] =>
  rules.length === 0 ? [] : [`${title}: ${rules.length}`, ...lines(rules, (rule) => `  ! ${describeRule(rule)}`)];

const refusedOf = (routes: readonly StoredRoute[]): readonly StoredRoute[] => routes.filter((rule) => 'refused' in rule);
const publicOf = (routes: readonly StoredRoute[]): readonly StoredRoute[] => routes.filter((rule) => 'public' in rule);

function json(plan: ImportPlan, { warnings }: DerivedRoutes): Readonly<Record<string, unknown>> {
  const named = ({ name, sentence }: CataloguedPermission) => ({ name, sentence });
  return {
    permissions: {
      added: plan.added.map(named),
      kept: plan.kept.map(({ name }) => name),
      reworded: plan.reworded,
      gone: plan.gone,
      unlisted: plan.unlisted,
    },
    routes: {
      added: plan.routesAdded,
      kept: plan.routes.length - plan.routesAdded.length,
      gone: plan.routesGone,
      public: publicOf(plan.routes),
      refused: refusedOf(plan.routes),
    },
    warnings,
  };
}
