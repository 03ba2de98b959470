/** Everything that is known of an entry. */

import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { clientName } from '../kit/client-name.ts';
import { type Format, useFormat } from '../kit/format.ts';
import { useAccount } from '../kit/session.ts';
import shared from '../kit/shared.module.css';
import { entryOf } from '../lib/entry-of.ts';
import classes from './audit.module.css';
import { ENDS, REASONS } from './events.ts';
import type { Filter } from './filter.ts';
import type { AuditRow, Log } from './queries.ts';
import { credentialOf, textOf, userOf, whoOf } from './sentence.ts';
import { words } from './words.ts';

type Fact = readonly [label: string, value: ReactNode];

/** Those of a refusal first: they answer the question. */
export function Facts({ row, log, isDecision = false }: { row: AuditRow; log: Log; isDecision?: boolean }) {
  const format = useFormat();
  const account = useAccount();
  const accountName = log === null ? null : (account?.name ?? null);
  const said = words.facts;
  const { kind, shape, lacking, held, wanted, method, judgedBy, ...others } = row.details;
  const isOfRole = row.reason === 'role';
  const known = (label: string, value: unknown): Fact[] =>
    value === null || value === undefined ? [] : [[label, textOf(value)]];
  const facts: Fact[] = [
    ...(isDecision || row.reason === null
      ? []
      : known(
          said.reason,
          (row.event.startsWith('session.') ? entryOf(ENDS, row.reason) : entryOf(REASONS, row.reason)?.help) ?? row.reason,
        )),
    // Otherwise it says why nothing could be judged, and the sentence above tells that.
    ...(isPermission(lacking) ? [[said.lacking, <Mono key="m">{lacking}</Mono>] as const] : []),
    ...(isOfRole ? known(said.held, held) : held === undefined ? [] : known(said.permissionsHeld, held ?? words.everything)),
    ...(isOfRole ? known(said.wanted, wanted) : known(said.permissionsWanted, wanted)),
    ...(row.path === null && method === undefined
      ? []
      : [[said.request, <Mono key="p">{[method, row.path].filter(Boolean).join(' ')}</Mono>] as const]),
    ...known(said.kind, typeof kind === 'string' ? (entryOf(words.kinds, kind) ?? kind) : null),
    ...known(said.shape, typeof shape === 'string' ? (entryOf(words.shapes, shape) ?? shape) : null),
    ...known(said.judgedBy, typeof judgedBy === 'string' ? (entryOf(words.judges, judgedBy) ?? judgedBy) : null),
    ...(row.credential_id === null ? [] : [[said.credential, <Credential key="c" row={row} log={log} />] as const]),
    // A credential that was refused did not do anything.
    ...(row.credential_id !== null && /^(key|token):/.test(row.actor) ? [] : known(said.who, whoOf(row))),
    ...(row.user_id === null || row.actor === `user:${row.user_id}`
      ? []
      : known(isDecision ? said.owner : said.user, userOf(row))),
    ...(isDecision && row.user_id === null && accountName !== null ? known(said.owner, accountName) : []),
    ...(log === null && row.account_id !== null ? known(said.account, words.accountNumber(row.account_id)) : []),
    ...known(said.address, row.address),
    ...(row.user_agent === null
      ? []
      : [
          [
            said.client,
            <span key="a" title={row.user_agent}>
              {clientName(row.user_agent)}
            </span>,
          ] as const,
        ]),
    [
      said.time,
      <time key="t" dateTime={row.at}>
        {format.moment(row.at)}
      </time>,
    ],
    ...(row.request_id === null ? [] : [[said.requestId, <Mono key="r">{row.request_id}</Mono>] as const]),
    ...Object.entries(others).map(
      ([name, value]): Fact => [entryOf(words.details, name) ?? name.replaceAll('_', ' '), detailOf(name, value, format)],
    ),
    ...(isDecision ? [] : [[said.event, <Mono key="e">{row.event}</Mono>] as const]),
    [said.number, row.number === null ? words.notChained : format.number(row.number)],
  ];
  return (
    <dl className={classes.facts}>
      {facts.map(([label, value]) => (
        <Pair key={label} label={label} value={value} />
      ))}
    </dl>
  );
}

const isPermission = (value: unknown): value is string => typeof value === 'string' && value.includes('.');

const Pair = ({ label, value }: { label: string; value: ReactNode }) => (
  <>
    <dt>{label}</dt>
    <dd>{value}</dd>
  </>
);

const Mono = ({ children }: { children: ReactNode }) => <span className={shared.mono}>{children}</span>;

function detailOf(name: string, value: unknown, format: Format): string {
  if (value === null) return entryOf(NOTHING, name) ?? '–';
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value !== 'number') return textOf(value);
  if (/(_ms|AtMs)$/.test(name)) return format.dateTime(new Date(value).toISOString());
  return name.endsWith('Seconds') ? words.seconds(format.number(value)) : format.number(value);
}

/** What it means if there is no value. */
const NOTHING: Readonly<Record<string, string>> = {
  permissions: words.everything,
  addresses: words.anywhere,
  allowed: words.anywhere,
  expiresAtMs: words.never,
  expires_at_ms: words.never,
};

function Credential({ row, log }: { row: AuditRow; log: Log }) {
  const name = credentialOf(row);
  const isKey = row.actor.startsWith('key:') || row.event.startsWith('key.') || row.event.startsWith('jwt.');
  if (log === null || !isKey || row.event === 'key.revoked') return <>{name}</>;
  return (
    <Link
      to="/accounts/$account/keys/$id"
      params={{ account: log.account, id: String(row.credential_id) }}
      className={shared.link ?? ''}
    >
      {name}
    </Link>
  );
}

/** From an entry to similar ones. */
export function Narrower({ row, onFilter }: { row: AuditRow; onFilter: (filter: Filter) => void }) {
  const { credential_id } = row;
  return (
    <div className={classes.links}>
      {credential_id !== null && (
        <Choice label={words.onlyThis} onClick={() => onFilter({ credential: String(credential_id) })} />
      )}
      {row.actor !== 'server' && <Choice label={words.onlyBy(whoOf(row))} onClick={() => onFilter({ actor: row.actor })} />}
    </div>
  );
}

const Choice = ({ label, onClick }: { label: string; onClick: () => void }) => (
  <button type="button" className={classes.choice} onClick={onClick}>
    {label}
  </button>
);
