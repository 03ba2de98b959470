/** `keyhouse explain`: from the X-Request-Id of a refusal to the whole decision, in plain words. */
import type { Command } from 'commander';
import type { ListedEvent } from '../core/audit/event.ts';
import { briefOfQuestion } from '../core/audit/explain-question.ts';
import type { OpenedStore } from '../store/opened.ts';
import { addCommand } from './command.ts';
import { refusal, wrongUsage } from './failure.ts';
import { facts, isoTime, type OutputOptions, print, printable, readableTime } from './output.ts';
import { withKeyhouse } from './with-keyhouse.ts';

const NOT_ON_RECORD =
  'Nothing is on record for this ID. A refusal is recorded after a few seconds. At most ten refusals a minute are recorded for each credential, and ten for all unknown callers together. The others are counted by reason (keyhouse audit list --event request.refusals_counted). A 400, and a request that was not refused, are never recorded.';

export function addExplainCommand(program: Command): void {
  addCommand(program, 'explain <request-id>', 'Show why a request was refused, by the X-Request-Id of its response')
    .addHelpText('after', '\nExit code 1 if nothing is on record for the ID.')
    .action(explainRequest);
}

async function explainRequest(requestId: string, options: OutputOptions): Promise<void> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(requestId))
    throw wrongUsage('A request ID has at most 64 letters, digits, - and _. It is the X-Request-Id of the response.');
  await withKeyhouse(options, async ({ store }) => {
    const { explainRefusal } = await import('../core/audit/explain.ts');
    const events = await store.audit.list({ requestId, limit: 10 });
    const refused = events.filter(({ event }) => event === 'request.refused');
    if (refused.length === 0) throw refusal('not_on_record', NOT_ON_RECORD);
    const told = await Promise.all(
      refused.map(async (event) => ({ event, ...explainRefusal(event, await namesOf(store, event)) })),
    );
    print(options, { request: requestId, refusals: told.map(({ event, ...explained }) => describe(event, explained)) }, () =>
      told
        .map(({ event, sentence, advice }) =>
          [printable(sentence), ...(advice === null ? [] : [printable(advice)]), '', facts(factsOf(event))].join('\n'),
        )
        .join('\n\n'),
    );
  });
}

/** Looked up now: a record holds ids, and names change. */
async function namesOf({ audit, accounts }: OpenedStore, { credentialId, accountId }: ListedEvent) {
  const [names, account] = await Promise.all([
    audit.namesOf({ users: [], credentials: credentialId === null ? [] : [credentialId] }),
    accountId === null ? null : accounts.findAccount(accountId),
  ]);
  return { credential: names.credentials.get(credentialId ?? 0) ?? null, account: account?.name ?? null };
}

const describe = (
  event: ListedEvent,
  {
    at,
    ...explained
  }: { readonly at: number; readonly status: number; readonly sentence: string; readonly advice: string | null },
) => ({
  ...{ at: isoTime(at), status: explained.status, reason: event.reason, sentence: explained.sentence, advice: explained.advice },
  ...{ account: event.accountId, user: event.userId, credential: event.credentialId, actor: event.actor },
  ...{ details: JSON.parse(event.details) as unknown, person: event.person },
});

function factsOf(event: ListedEvent): readonly (readonly [string, string])[] {
  const details = JSON.parse(event.details) as { readonly [name: string]: unknown };
  const unjudged = briefOfQuestion(event.details);
  const line = (name: string, value: unknown): readonly (readonly [string, string])[] =>
    value === undefined || value === null ? [] : [[name, Array.isArray(value) ? value.join(', ') : String(value)]];
  return [
    ['when', readableTime(event.atMs)],
    ...line('reason', event.reason),
    ...line('kind', details.kind ?? details.shape),
    ...(unjudged === null ? line('wanted', details.wanted ?? details.lacking) : line('not checked', unjudged)),
    ...(details.held === undefined ? [] : line('held', details.held ?? 'everything')),
    ...(details.expiresAtMs === undefined
      ? []
      : line('expires', typeof details.expiresAtMs === 'number' ? readableTime(details.expiresAtMs) : 'never')),
    ...line('from', event.person?.address),
    ...(details.allowed === undefined ? [] : line('allowed from', details.allowed ?? 'anywhere')),
    ...line('environment', details.environment),
    ...line('client', event.person?.userAgent),
    ...line('checked by', details.guardKey === undefined ? details.judgedBy : `a guard with key ${String(details.guardKey)}`),
  ];
}
