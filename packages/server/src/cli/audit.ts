import type { Command } from 'commander';
import type { AuditEvent, EventName, PersonalData } from '../core/audit/event.ts';
import { briefOfQuestion } from '../core/audit/explain-question.ts';
import { addCommand, addGroup } from './command.ts';
import { refusal, wrongUsage } from './failure.ts';
import { facts, isoTime, type OutputOptions, print, readableTime, table } from './output.ts';
import { findUser } from './owner.ts';
import { idNumber, moment, pageLimit } from './values.ts';
import { withKeyhouse } from './with-keyhouse.ts';

interface ListOptions extends OutputOptions {
  readonly event?: string;
  readonly user?: string;
  readonly account?: number;
  readonly credential?: number;
  readonly request?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly before?: number;
}

interface Head {
  readonly number: number;
  readonly hash: string;
}

interface VerifyOptions extends OutputOptions {
  readonly head?: readonly Head[];
}

type Listed = AuditEvent & { readonly person: PersonalData | null };

export function addAuditCommands(program: Command): void {
  const group = addGroup(program, 'audit', 'What happened, and whether the audit log is intact');
  addCommand(group, 'list', 'List events, newest first')
    .option('--event <name>', 'only this event, such as key.revoked')
    .option('--user <user>', 'only about this user: an email address or an ID')
    .option('--account <id>', 'only about this account', idNumber('--account'))
    .option('--credential <id>', 'only about this token or key', idNumber('--credential'))
    .option('--request <id>', 'only of this request (the X-Request-Id of its response)')
    .option('--since <when>', 'only from this date on', moment('--since'))
    .option('--until <when>', 'only before this date', moment('--until'))
    .option('--limit <number>', 'how many to list, at most 500', pageLimit, 100)
    .option('--before <id>', 'only events with a lower ID', idNumber('--before'))
    .action(listEvents);
  addCommand(group, 'verify', 'Verify the chain over all events, and name the first broken entry')
    .option('--head <number:hash>', 'a head from the log of a server, which the chain must contain; may be repeated', readHeads)
    .action(verify);
}

async function listEvents(options: ListOptions): Promise<void> {
  const event = await readEventName(options.event);
  await withKeyhouse(options, async ({ store }) => {
    const { account, credential, request, since, until, limit, before, user } = options;
    const events = await store.audit.list({
      limit,
      ...(event === undefined ? {} : { event }),
      ...(user === undefined ? {} : { userId: (await findUser(store, user)).id }),
      ...(account === undefined ? {} : { accountId: account }),
      ...(credential === undefined ? {} : { credentialId: credential }),
      ...(request === undefined ? {} : { requestId: request }),
      ...(since === undefined ? {} : { sinceMs: since }),
      ...(until === undefined ? {} : { untilMs: until }),
      ...(before === undefined ? {} : { beforeId: before }),
    });
    const next = events.length === limit ? (events.at(-1)?.id ?? null) : null;
    print(options, { events: events.map(describe), next }, () =>
      table(['id', 'when', 'event', 'by', 'about', 'from', 'reason', 'request'], events.map(rowOf), 'No events found.').concat(
        next === null ? '' : `\n\nThere may be more. Use --before ${next}`,
      ),
    );
  });
}

async function readEventName(name: string | undefined): Promise<EventName | undefined> {
  if (name === undefined) return undefined;
  const { EVENT_NAMES } = await import('../core/audit/event.ts');
  const known = EVENT_NAMES.find((each) => each === name);
  if (known === undefined) throw wrongUsage(`--event must be one of ${EVENT_NAMES.join(', ')}.`);
  return known;
}

async function verify(options: VerifyOptions): Promise<void> {
  await withKeyhouse(options, async ({ store }) => {
    const { AUDIT_FAULT_SENTENCES, verifyAudit } = await import('../core/audit/verify.ts');
    const verdict = await verifyAudit(store.audit, { noted: options.head ?? [] });
    if (!verdict.ok) {
      const entry = verdict.eventId === null ? `Entry ${verdict.number}` : `Entry ${verdict.number} (event ${verdict.eventId})`;
      throw refusal(`audit_${verdict.fault}`, `${entry} is broken: ${AUDIT_FAULT_SENTENCES[verdict.fault]}.`);
    }
    const { entries, personsErased, head } = verdict;
    print(options, { entries, persons_erased: personsErased, head: `${head.number}:${head.hash}` }, () =>
      [
        'The chain is intact.',
        '',
        facts([
          ['entries', entries],
          ['persons erased', personsErased],
          ['head', `${head.number}:${head.hash}`],
        ]),
      ].join('\n'),
    );
  });
}

function readHeads(text: string, before: readonly Head[] = []): readonly Head[] {
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number === undefined || hash === undefined)
    throw wrongUsage(
      '--head must be the auditNumber and auditHash from a log line of a server, such as 123:4f0c… (64 hex digits).',
    );
  return [...before, { number: Number(number), hash }];
}

const describe = (event: Listed) => ({
  id: event.id,
  event: event.event,
  at: isoTime(event.atMs),
  actor: event.actor,
  account: event.accountId,
  user: event.userId,
  credential: event.credentialId,
  request: event.requestId,
  reason: event.reason,
  details: JSON.parse(event.details) as unknown,
  person: event.person,
  number: event.number,
  hash: event.hash,
});

const rowOf = (event: Listed): readonly (string | number)[] => [
  event.id,
  readableTime(event.atMs),
  event.event,
  event.actor,
  aboutOf(event) || '-',
  event.person?.address ?? event.person?.name ?? '-',
  reasonOf(event),
  event.requestId ?? '-',
];

/** For a request that could not be judged no permission is missing: then it shows which header was wrong. */
function reasonOf({ event, reason, details }: Listed): string {
  if (reason === null) return '-';
  const brief = event === 'request.refused' ? briefOfQuestion(details) : null;
  return brief === null ? reason : `${reason}, ${brief}`;
}

function aboutOf({ credentialId, userId, accountId }: Listed): string {
  return [
    ...(credentialId === null ? [] : [`credential ${credentialId}`]),
    ...(userId === null ? [] : [`user ${userId}`]),
    ...(accountId === null ? [] : [`account ${accountId}`]),
  ].join(', ');
}
