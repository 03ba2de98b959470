/** The active JWTs of a key: find one by its subject, revoke one or all, decode one. */

import { Button, Group, Stack, Text, TextInput, Title, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { DialogForm } from '../kit/dialog-form.tsx';
import { ErrorState } from '../kit/errors.tsx';
import { useFormat } from '../kit/format.ts';
import { PermissionSummary } from '../kit/permission-summary.tsx';
import shared from '../kit/shared.module.css';
import { Loading } from '../kit/states.tsx';
import { DataTable } from '../kit/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { DecodeJwt } from './DecodeJwt.tsx';
import { type Jwt, type KeyRef, useJwts, useJwtVerbs } from './queries.ts';
import { words } from './words.ts';

export function JwtsTab({ keyRef, canManage }: { keyRef: KeyRef; canManage: boolean }) {
  const [typed, setTyped] = useState('');
  const [subject] = useDebouncedValue(typed.trim(), 300);
  const [revoking, setRevoking] = useState<Jwt | 'all' | null>(null);
  const list = useJwts(keyRef, subject);
  const jwts = list.data?.pages.flatMap((page) => page.jwts) ?? [];
  const close = () => setRevoking(null);
  return (
    <Stack gap="xl">
      <Stack gap="md" component="section" aria-labelledby="jwts-title">
        <Group justify="space-between" align="flex-start">
          <div>
            <Title order={2} size="h4" id="jwts-title">
              {words.title}
            </Title>
            <Text size="sm" c="dimmed">
              {words.intro}
            </Text>
          </div>
          {canManage && (
            <Button variant="default" className={shared.danger ?? ''} onClick={() => setRevoking('all')}>
              {words.revokeAll}
            </Button>
          )}
        </Group>
        <TextInput
          type="search"
          label={words.search}
          placeholder={words.searchHint}
          maxLength={128}
          maw={360}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {list.data !== undefined &&
          (jwts.length > 0 ? (
            <JwtList jwts={jwts} onRevoke={canManage ? setRevoking : null} />
          ) : (
            <Text c="dimmed">{subject === '' ? words.emptyText : words.emptySearch(subject)}</Text>
          ))}
        {list.data === undefined && (list.isError ? <ErrorState error={list.error} retry={() => list.refetch()} /> : <Loading />)}
        {list.hasNextPage && (
          <Button
            variant="default"
            className={shared.fit ?? ''}
            loading={list.isFetchingNextPage}
            onClick={() => list.fetchNextPage()}
          >
            {words.more}
          </Button>
        )}
      </Stack>
      <DecodeJwt keyRef={keyRef} />
      {revoking === 'all' && <RevokeAll keyRef={keyRef} onClose={close} />}
      {revoking !== null && revoking !== 'all' && <RevokeOne keyRef={keyRef} jwt={revoking} onClose={close} />}
    </Stack>
  );
}

function JwtList({ jwts, onRevoke }: { jwts: readonly Jwt[]; onRevoke: ((jwt: Jwt) => void) | null }) {
  const format = useFormat();
  const { columns } = words;
  return (
    <DataTable
      label={words.list}
      rows={jwts}
      keyOf={({ jti }) => jti}
      columns={[
        {
          label: columns.subject,
          kind: 'head',
          cell: ({ subject, jti }) => (
            <>
              {subject === null ? <span className={shared.dim}>{words.noSubject}</span> : <strong>{subject}</strong>}
              <span className={`${shared.second} ${shared.mono}`}>{jti}</span>
            </>
          ),
        },
        { label: columns.permissions, cell: ({ permissions }) => <PermissionSummary kind="key" permissions={permissions} /> },
        { label: columns.issued, kind: 'when', cell: ({ issued_at: at }) => <TimeAgo at={at} /> },
        {
          label: columns.expires,
          kind: 'when',
          cell: ({ expires_at: at }) => (
            <time dateTime={at} title={format.dateTime(at)}>
              {format.date(at)}
            </time>
          ),
        },
        {
          label: columns.actions,
          kind: 'actions',
          cell: (jwt) =>
            onRevoke !== null && (
              <Button size="compact-sm" variant="default" className={shared.danger ?? ''} onClick={() => onRevoke(jwt)}>
                {words.revoke}
                <VisuallyHidden> {words.revokeOf(jwt.jti)}</VisuallyHidden>
              </Button>
            ),
        },
      ]}
    />
  );
}

function RevokeOne({ keyRef, jwt, onClose }: { keyRef: KeyRef; jwt: Jwt; onClose: () => void }) {
  const verbs = useJwtVerbs(keyRef);
  const revoke = useMutation({
    mutationFn: () => verbs.revoke(jwt.jti),
    onSuccess: () => {
      notifications.show({ message: words.revoked });
      onClose();
    },
  });
  return (
    <DialogForm
      title={words.revokeTitle}
      submit={words.revoke}
      danger
      mutation={revoke}
      onSubmit={() => revoke.mutate()}
      onClose={onClose}
    >
      <Text size="sm" className={shared.mono ?? ''}>
        {jwt.jti}
      </Text>
      <Text size="sm">{words.revokeText}</Text>
    </DialogForm>
  );
}

function RevokeAll({ keyRef, onClose }: { keyRef: KeyRef; onClose: () => void }) {
  const format = useFormat();
  const verbs = useJwtVerbs(keyRef);
  const revoke = useMutation({
    mutationFn: verbs.revokeAll,
    onSuccess: ({ revoked }) => {
      notifications.show({ message: words.revokedAll(format.number(revoked), revoked === 1) });
      onClose();
    },
  });
  return (
    <DialogForm
      title={words.revokeAllTitle}
      submit={words.revokeAll}
      danger
      mutation={revoke}
      onSubmit={() => revoke.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{words.revokeAllText}</Text>
    </DialogForm>
  );
}
