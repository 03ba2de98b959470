/** The living JWTs of a key: find one by its subject, end one or all, look into one. */
import { Button, Group, Stack, Text, TextInput, Title, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import listClasses from '../credentials/credentials.module.css';
import { DialogForm } from '../credentials/dialogs.tsx';
import { PermissionSummary } from '../credentials/PermissionSummary.tsx';
import { ErrorState } from '../kit/errors.tsx';
import { useFormat } from '../kit/format.ts';
import { Loading } from '../kit/states.tsx';
import { DecodeJwt } from './DecodeJwt.tsx';
import { type Jwt, type KeyPlace, useJwts, useJwtVerbs } from './queries.ts';
import { words } from './words.ts';

export function JwtsTab({ place, canManage }: { place: KeyPlace; canManage: boolean }) {
  const [typed, setTyped] = useState('');
  const [subject] = useDebouncedValue(typed.trim(), 300);
  const [revoking, setRevoking] = useState<Jwt | 'all' | null>(null);
  const list = useJwts(place, subject);
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
            <Button variant="default" className={listClasses.danger ?? ''} onClick={() => setRevoking('all')}>
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
            className={listClasses.fit ?? ''}
            loading={list.isFetchingNextPage}
            onClick={() => list.fetchNextPage()}
          >
            {words.more}
          </Button>
        )}
      </Stack>
      <DecodeJwt place={place} />
      {revoking === 'all' && <RevokeAll place={place} onClose={close} />}
      {revoking !== null && revoking !== 'all' && <RevokeOne place={place} jwt={revoking} onClose={close} />}
    </Stack>
  );
}

function JwtList({ jwts, onRevoke }: { jwts: readonly Jwt[]; onRevoke: ((jwt: Jwt) => void) | null }) {
  const format = useFormat();
  const { columns } = words;
  return (
    <table className={listClasses.list} aria-label={words.list}>
      <thead>
        <tr>
          <th scope="col">{columns.subject}</th>
          <th scope="col">{columns.permissions}</th>
          <th scope="col">{columns.issued}</th>
          <th scope="col">{columns.expires}</th>
          <th scope="col">
            <span className={listClasses.hidden}>{columns.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {jwts.map((jwt) => (
          <tr key={jwt.jti}>
            <th scope="row">
              {jwt.subject === null ? <span className={listClasses.dim}>{words.noSubject}</span> : <strong>{jwt.subject}</strong>}
              <span className={`${listClasses.second} ${listClasses.mono}`}>{jwt.jti}</span>
            </th>
            <td data-label={columns.permissions}>
              <PermissionSummary kind="key" permissions={jwt.permissions} />
            </td>
            <td data-label={columns.issued}>
              <time dateTime={jwt.issued_at} title={format.dateTime(jwt.issued_at)}>
                {format.relative(jwt.issued_at)}
              </time>
            </td>
            <td data-label={columns.expires}>
              <time dateTime={jwt.expires_at} title={format.dateTime(jwt.expires_at)}>
                {format.date(jwt.expires_at)}
              </time>
            </td>
            <td className={listClasses.rowVerb}>
              {onRevoke !== null && (
                <Button size="compact-sm" variant="default" className={listClasses.danger ?? ''} onClick={() => onRevoke(jwt)}>
                  {words.revoke}
                  <VisuallyHidden> {words.revokeOf(jwt.jti)}</VisuallyHidden>
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RevokeOne({ place, jwt, onClose }: { place: KeyPlace; jwt: Jwt; onClose: () => void }) {
  const verbs = useJwtVerbs(place);
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
      <Text size="sm" className={listClasses.mono ?? ''}>
        {jwt.jti}
      </Text>
      <Text size="sm">{words.revokeText}</Text>
    </DialogForm>
  );
}

function RevokeAll({ place, onClose }: { place: KeyPlace; onClose: () => void }) {
  const format = useFormat();
  const verbs = useJwtVerbs(place);
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
