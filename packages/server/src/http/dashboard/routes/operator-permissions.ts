/** The permission catalogue and the route patterns, replaced as wholes. */
import type { Fault } from '../../../core/lib/fault.ts';
import type { StoredRoute } from '../../../core/permissions/catalogue.ts';
import type { HoldersOfKind } from '../../../core/permissions/holders.ts';
import { readPermissions } from '../../../core/permissions/set-catalogue.ts';
import { readRoutes } from '../../../core/permissions/set-routes.ts';
import { refuseFaults } from '../../faults.ts';
import { readQuestion } from '../../verify-question.ts';
import type { Api } from '../api/index.ts';
import type { DashboardPorts, Serve } from '../serve.ts';

export function operatorPermissionsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('PUT /operator/permissions', async ({ body, by }) => {
    const { value, faults } = readPermissions(body.permissions);
    if (faults.length > 0) throw refuseFaults(faults.map(readFault));
    await keyhouse.permissions.setCatalogue({ catalogue: value, by });
  });

  serve('POST /operator/permissions/holders', async ({ body, turn }) => {
    const { keys, tokens, applications, sessions, isWhole } = await keyhouse.permissions.holdersOf(body.permissions, turn);
    const describe = ({ count, first }: HoldersOfKind) => ({
      count,
      first: first.map(({ name, account }) => ({ name, account: { ...account } })),
    });
    return {
      ...{ keys: describe(keys), tokens: describe(tokens), applications: describe(applications) },
      ...{ sessions, whole: isWhole },
    };
  });

  serve('GET /operator/routes', async () => {
    const routes = await keyhouse.permissions.listRoutes();
    return { routes: routes.map(describeRoute) };
  });

  serve('PUT /operator/routes', async ({ body, by }) => {
    const { value, faults } = readRoutes(body.routes.map(entryOf));
    if (faults.length > 0) throw refuseFaults(faults.map(readFault));
    await keyhouse.permissions.setRoutes({ routes: value, by });
  });

  serve('POST /operator/routes/try', ({ body: { method, path } }) => {
    // Exactly what a gateway would ask, so that the page cannot promise anything that `/verify` does not do.
    const asked = ['X-Forwarded-Method', method, 'X-Forwarded-Uri', path];
    const question = readQuestion('GET', '/verify', asked, keyhouse.permissions.routes());
    if (question.kind === 'public') return { outcome: 'public' as const, permission: null };
    if (question.kind !== 'permissions') return { outcome: 'refused' as const, permission: null };
    return { outcome: 'permission' as const, permission: question.permissions.join(', ') };
  });
}

type Described = Api['PUT /operator/routes']['body']['routes'][number];

/**
 * On the wire null methods mean all of them, and neither resource nor permission means public, unless it says that it is refused.
 */
const describeRoute = (rule: StoredRoute): Described => ({
  methods: 'methods' in rule ? [...rule.methods] : null,
  pattern: rule.pattern,
  resource: 'resource' in rule ? rule.resource : null,
  permission: 'permission' in rule ? rule.permission : null,
  ...('refused' in rule ? { refused: true } : {}),
});

const entryOf = ({ methods, pattern, resource, permission, refused = false }: Described) => ({
  ...(methods === null ? {} : { methods }),
  pattern,
  ...(resource === null ? {} : { resource }),
  ...(permission === null ? {} : { permission }),
  ...(refused ? { refused } : {}),
  ...(resource === null && permission === null && !refused ? { public: true } : {}),
});

/** `permissions[3].name: …` becomes the field `permissions.3.name`: rows count from 0, as they were sent. */
function readFault(text: string): Fault<string> {
  const [, list = 'body', row, member, sentence = text] = /^(\w+)(?:\[(\d+)\])?(?:\.(\w+))?: (.*)$/s.exec(text) ?? [];
  return { field: [list, row, member].filter((part) => part !== undefined).join('.'), sentence: capitalised(sentence) };
}

const capitalised = (sentence: string): string => sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
