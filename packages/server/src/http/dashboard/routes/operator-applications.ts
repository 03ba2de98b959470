/** Every application, as administrators see and judge them. */
import { isWellFormedText } from '@keyhouse/protocol';
import { Refusal } from '../../../core/refusal.ts';
import { invalid } from '../../faults.ts';
import { cutPage, readPage } from '../page.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { FIRST_PARTY_SENTENCE, rowOf } from './applications.ts';
import { readId } from './refuse.ts';

export function operatorApplicationsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const find = async (id: string) => {
    const found = await keyhouse.applications.find(readId(id));
    if (found === null) throw new Refusal({ code: 'not_found' });
    return found;
  };

  serve('GET /operator/applications', async ({ query: { q = '', ...rest } }) => {
    if (!isWellFormedText(q)) throw invalid('q', 'The q field must not contain control characters.');
    const page = readPage(rest);
    const found = await keyhouse.applications.list({
      search: q.trim(),
      ...page,
      limit: page.limit + 1,
    });
    const { rows, next } = cutPage(found, page.limit);
    const applications = rows.map((each) => ({
      ...rowOf(each),
      redirect_uris: [...each.redirectUris],
      version: each.updatedAtMs,
      permissions: each.permissions === null ? null : [...each.permissions],
    }));
    return { applications, next };
  });

  serve('PUT /operator/applications/:id/verified', async ({ params, body, by }) => {
    const judged = await keyhouse.applications.verify(await find(params.id), body.verified, by, body.version);
    if (!judged.ok) throw refusalOf(judged.reason);
  });

  serve('PUT /operator/applications/:id/first-party', async ({ params, body, by }) => {
    const judged = await keyhouse.applications.setFirstParty(await find(params.id), body.first_party, by, body.version);
    if (!judged.ok) throw refusalOf(judged.reason);
  });
}

const REFUSALS = {
  gone: () => new Refusal({ code: 'not_found' }),
  changed: () => invalid('version', 'It was changed after you opened this page. Reload the page and check the changes.'),
  not_operators: () => invalid('first_party', FIRST_PARTY_SENTENCE),
} as const;
const refusalOf = (reason: keyof typeof REFUSALS): Refusal => REFUSALS[reason]();
