/** Everyone who can sign in. */

import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from '@tanstack/react-router';
import type { Api } from 'keyhouse/dashboard-api';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { FormError, fieldErrorOf } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { useFormat } from '../kit/format.ts';
import { useSendsMail } from '../kit/session.ts';
import shared from '../kit/shared.module.css';
import { Tag } from '../kit/tag.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { ask } from '../lib/ask.ts';
import { ListPage } from './ListPage.tsx';
import { words } from './words.ts';

type User = Api['GET /operator/users']['answer']['users'][number];
const said = words.users;

export function UsersPage() {
  const [isInviting, setInviting] = useState(false);
  const format = useFormat();
  return (
    <>
      <ListPage
        said={said}
        queryKey={['operator', 'users']}
        ask={(query) => ask('GET /operator/users', { query })}
        rowsOf={({ users }) => users}
        keyOf={({ id }) => id}
        actions={
          <Button leftSection={<UserPlus size={16} aria-hidden="true" />} onClick={() => setInviting(true)}>
            {said.invite}
          </Button>
        }
        columns={[
          {
            label: said.columns.user,
            kind: 'head',
            cell: ({ id, display_name, email }) => (
              <>
                <Link to="/operator/users/$id" params={{ id: String(id) }} className={shared.strong ?? ''}>
                  {display_name || email}
                </Link>
                {display_name !== '' && <span className={shared.second}>{email}</span>}
              </>
            ),
          },
          { label: said.columns.state, cell: (user) => <UserState user={user} /> },
          { label: said.columns.created, kind: 'when', cell: ({ created_at }) => format.date(created_at) },
          {
            label: said.columns.seen,
            kind: 'when',
            cell: ({ last_seen_at }) => <TimeAgo at={last_seen_at} never={said.never} />,
          },
        ]}
      />
      {isInviting && <Invite onClose={() => setInviting(false)} />}
    </>
  );
}

export function UserState({ user }: { user: User }) {
  return (
    <span className={shared.nameLine}>
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
