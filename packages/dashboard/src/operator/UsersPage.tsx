/** Everybody who can sign in. */
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Api } from 'keyhouse/dashboard-api';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useSendsMail } from '../app/session.ts';
import { ErrorState, FormError, fieldErrorOf } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { useFormat } from '../kit/format.ts';
import { EmptyState, Loading, PageHeader } from '../kit/states.tsx';
import { DataTable, More, tableClasses } from '../kit/table.tsx';
import { Tag } from '../kit/tag.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { ask } from '../lib/ask.ts';
import { Operator } from './Operator.tsx';
import classes from './operator.module.css';
import { SearchField, useSearch } from './search.tsx';
import { words } from './words.ts';

type User = Api['GET /operator/users']['answer']['users'][number];
const said = words.users;

export const UsersPage = () => (
  <Operator>
    <Users />
  </Operator>
);

function Users() {
  const search = useSearch();
  const [isInviting, setInviting] = useState(false);
  const users = useInfiniteQuery({
    queryKey: ['operator', 'users', search.query],
    queryFn: ({ pageParam }) =>
      ask('GET /operator/users', {
        query: { ...(search.query === '' ? {} : { q: search.query }), ...(pageParam === null ? {} : { before: pageParam }) },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  const rows = users.data?.pages.flatMap((page) => page.users) ?? [];
  return (
    <Stack gap="lg">
      <PageHeader title={said.title} intro={said.intro}>
        <Button leftSection={<UserPlus size={16} aria-hidden="true" />} onClick={() => setInviting(true)}>
          {said.invite}
        </Button>
      </PageHeader>
      <SearchField label={words.searchUsers} text={search.text} onChange={search.setText} />
      {users.data === undefined ? (
        users.isError ? (
          <ErrorState error={users.error} retry={() => void users.refetch()} />
        ) : (
          <Loading />
        )
      ) : rows.length === 0 ? (
        <EmptyState title={words.nothingFound}>{words.nothingFoundText}</EmptyState>
      ) : (
        <UserTable rows={rows} />
      )}
      <More pages={users} />
      {isInviting && <Invite onClose={() => setInviting(false)} />}
    </Stack>
  );
}

function UserTable({ rows }: { rows: readonly User[] }) {
  const format = useFormat();
  return (
    <DataTable
      label={said.list}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          label: said.columns.user,
          kind: 'head',
          cell: ({ id, display_name, email }) => (
            <>
              <Link to="/operator/users/$id" params={{ id: String(id) }} className={tableClasses.strong ?? ''}>
                {display_name || email}
              </Link>
              {display_name !== '' && <span className={tableClasses.second}>{email}</span>}
            </>
          ),
        },
        { label: said.columns.state, cell: (user) => <UserState user={user} /> },
        { label: said.columns.created, kind: 'when', cell: ({ created_at }) => format.date(created_at) },
        { label: said.columns.seen, kind: 'when', cell: ({ last_seen_at }) => <TimeAgo at={last_seen_at} never={said.never} /> },
      ]}
    />
  );
}

export function UserState({ user }: { user: User }) {
  return (
    <span className={classes.badges}>
      {user.disabled_at === null ? said.active : <Tag tone="danger">{said.disabled}</Tag>}
      {user.administrator && <Tag tone="accent">{said.administrator}</Tag>}
      {!user.email_verified && <Tag tone="warn">{said.unverified}</Tag>}
    </span>
  );
}

function Invite({ onClose }: { onClose: () => void }) {
  const sendsMail = useSendsMail();
  const [email, setEmail] = useState('');
  const send = useForm(async () => {
    await ask('POST /operator/invitations', { body: { email } });
    notifications.show({ message: sendsMail ? said.invited(email) : said.invitedNoMail(email) });
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title={said.inviteTitle} centered>
      <form onSubmit={send.submit}>
        <Stack>
          <TextInput
            label={said.email}
            description={sendsMail ? said.inviteHint : said.inviteHintNoMail}
            type="email"
            autoComplete="off"
            maxLength={254}
            data-autofocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={fieldErrorOf(send.error, 'email')}
          />
          <FormError error={send.error} fields={['email']} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={send.isBusy} disabled={email.trim() === ''}>
              {sendsMail ? said.sendInvitation : said.sendInvitationNoMail}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
