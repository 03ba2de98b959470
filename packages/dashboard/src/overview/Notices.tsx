/** What needs attention, each with a link to it. */
import { Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { pathOf } from '../kit/credential-scope.ts';
import { useFormat } from '../kit/format.ts';
import classes from './overview.module.css';
import type { Notice } from './queries.ts';
import { words } from './words.ts';

interface Props {
  readonly account: string;
  readonly notices: readonly Notice[];
  /** How many there are in total. */
  readonly total: number;
}

export function Notices({ account, notices, total }: Props) {
  const format = useFormat();
  return (
    <section aria-labelledby="notices-title">
      <Title order={2} size="h4" id="notices-title" mb="sm">
        {words.noticesTitle}
      </Title>
      {notices.length === 0 ? (
        <Text c="dimmed">{words.noticesEmpty}</Text>
      ) : (
        <ul className={classes.notices}>
          {notices.map((notice) => (
            <li key={`${notice.kind} ${notice.credential.kind} ${notice.credential.id}`}>
              <NoticeLink account={account} notice={notice}>
                <span>{words.notices[notice.kind](notice.credential.name, format.relative(notice.at))}</span>
                <ChevronRight size={16} aria-hidden="true" />
              </NoticeLink>
            </li>
          ))}
        </ul>
      )}
      {total > notices.length && (
        <Text c="dimmed" size="sm">
          {words.noticesMore(notices.length, total)}
        </Text>
      )}
    </section>
  );
}

function NoticeLink({ account, notice: { credential }, children }: { account: string; notice: Notice; children: ReactNode }) {
  const scope = credential.kind === 'token' ? ({ kind: 'token' } as const) : ({ kind: 'key', account } as const);
  return (
    <Link to={pathOf(scope, credential.id)} className={classes.notice ?? ''}>
      {children}
    </Link>
  );
}
