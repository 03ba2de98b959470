/** Entries by day, newest first, each a sentence that opens. */

import { AppWindow, Ban, ChevronDown, KeyRound, LogIn, type LucideIcon, Server, Users } from 'lucide-react';
import { useMemo } from 'react';
import { useFormat } from '../kit/format.ts';
import { entryOf } from '../lib/entry-of.ts';
import classes from './audit.module.css';
import { EVENTS, type Group } from './events.ts';
import { Facts, Narrower } from './Facts.tsx';
import type { Filter } from './filter.ts';
import type { AuditRow, Log } from './queries.ts';
import { sentenceOf } from './sentence.ts';
import { words } from './words.ts';

const ICONS: Readonly<Record<Group, LucideIcon>> = {
  Rejections: Ban,
  'Signing in': LogIn,
  People: Users,
  Teams: Users,
  Tokens: KeyRound,
  'API keys': KeyRound,
  JWTs: KeyRound,
  Applications: AppWindow,
  Permissions: Server,
  Server,
};

interface Props {
  readonly log: Log;
  readonly rows: readonly AuditRow[];
  readonly onFilter: (filter: Filter) => void;
}

export function Entries({ log, rows, onFilter }: Props) {
  const days = useMemo(() => Map.groupBy(rows, ({ at }) => new Date(at).toDateString()), [rows]);
  return (
    <section aria-label={words.list}>
      {[...days].map(([day, entries]) => (
        <section key={day} aria-label={day}>
          <h2 className={classes.day}>
            <Day at={entries[0]?.at ?? ''} />
          </h2>
          <ul className={classes.list}>
            {entries.map((row) => (
              <Entry key={row.id} row={row} log={log} onFilter={onFilter} />
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

function Day({ at }: { at: string }) {
  const format = useFormat();
  const daysAgo = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  return <>{daysAgo === 0 ? words.today : daysAgo === 1 ? words.yesterday : format.date(at)}</>;
}

function Entry({ row, log, onFilter }: { row: AuditRow; log: Log; onFilter: (filter: Filter) => void }) {
  const format = useFormat();
  const group = entryOf(EVENTS, row.event)?.group ?? 'Server';
  const Icon = ICONS[group];
  return (
    <li className={classes.entry}>
      <details>
        <summary>
          <time className={classes.time} dateTime={row.at} title={format.moment(row.at)}>
            {format.time(row.at)}
          </time>
          <Icon
            size={16}
            aria-hidden="true"
            className={classes.icon ?? ''}
            {...(group === 'Rejections' ? { 'data-refused': true } : {})}
          />
          <span className={classes.sentence}>
            <Sentence row={row} />
          </span>
          <span className={classes.from}>{row.address}</span>
          <ChevronDown size={16} aria-hidden="true" className={classes.mark ?? ''} />
        </summary>
        <div className={classes.details}>
          <Facts row={row} log={log} />
          <Narrower row={row} onFilter={onFilter} />
        </div>
      </details>
    </li>
  );
}

export function Sentence({ row }: { row: AuditRow }) {
  return sentenceOf(row).map(({ text, strong, place }) => (strong ? <b key={place}>{text}</b> : <span key={place}>{text}</span>));
}
