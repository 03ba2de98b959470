/** Who is signed in with an application. */

import { Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { useFormat } from '../kit/format.ts';
import shared from '../kit/shared.module.css';
import { EmptyState } from '../kit/states.tsx';
import { DataTable } from '../kit/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { type Detail, type Session, useVerbs } from './queries.ts';
import { words } from './words.ts';

const said = words.session;

export function Sessions({ account, detail, canManage }: { account: string; detail: Detail; canManage: boolean }) {
  const { application, sessions, live_sessions: all } = detail;
  const [asked, setAsked] = useState<Session | null>(null);
  const format = useFormat();
  const verbs = useVerbs(account);
  const end = async ({ id }: Session) => {
    await verbs.endSession(application.id, id);
    notifications.show({ message: said.ended });
  };
  if (sessions.length === 0) return <EmptyState title={words.sessionsEmpty}>{words.sessionsEmptyText}</EmptyState>;
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {words.sessionsIntro(sessions.length, words.sessions(all, format.number(all)))}{' '}
        {all > sessions.length && words.sessionsMost(sessions.length)}
      </Text>
      <DataTable
        label={words.sessionsTitle}
        rows={sessions}
        keyOf={({ id }) => id}
        columns={[
          { label: said.user, kind: 'head', cell: nameOf },
          {
            label: said.permissions,
            kind: 'long',
            cell: ({ permissions }) => (permissions.length === 0 ? said.nothing : permissions.join(', ')),
          },
          { label: said.since, kind: 'when', cell: ({ created_at }) => <TimeAgo at={created_at} /> },
          { label: said.used, kind: 'when', cell: ({ last_used_at }) => <TimeAgo at={last_used_at} /> },
          ...(canManage
            ? [
                {
                  label: words.columns.actions,
                  kind: 'actions' as const,
                  cell: (session: Session) => (
                    <Button
                      size="xs"
                      variant="default"
                      aria-label={said.endOf(nameOf(session))}
                      onClick={() => setAsked(session)}
                    >
                      {said.end}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {asked !== null && (
        <ConfirmDialog
          opened
          title={said.endTitle(nameOf(asked))}
          action={said.end}
          onConfirm={() => end(asked)}
          onClose={() => setAsked(null)}
        >
          <p className={shared.text}>{said.endText}</p>
        </ConfirmDialog>
      )}
    </Stack>
  );
}

const nameOf = ({ user_name }: Session): string => user_name || said.noName;
