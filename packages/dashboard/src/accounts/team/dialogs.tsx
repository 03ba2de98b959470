/** What is asked before a team is changed. */
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { EndsList, isCounted } from '../../kit/ends.tsx';
import { FormError, fieldErrorOf } from '../../kit/errors.tsx';
import { useForm } from '../../kit/form.ts';
import { type Invitation, type Member, nameOf, useMembers } from '../../kit/members.ts';
import { type Account, useSendsMail } from '../../kit/session.ts';
import { words as kitWords } from '../../kit/words.ts';
import { EndedInvitations } from './EndedInvitations.tsx';
import { useMemberEnds, useTeam } from './queries.ts';
import { RoleField } from './RoleField.tsx';
import { choicesFor, invitable, type Role } from './role.ts';
import { useGone } from './use-gone.ts';
import { words } from './words.ts';

export type Dialog =
  | { readonly about: 'invite' }
  | { readonly about: 'role' | 'remove' | 'transfer'; readonly member: Member }
  | { readonly about: 'leave' }
  | { readonly about: 'take-back'; readonly invitation: Invitation };

interface Props {
  readonly team: Account;
  readonly dialog: Dialog;
  readonly userId: number;
  readonly onClose: () => void;
}

export function TeamDialog({ team, dialog, userId, onClose }: Props) {
  const verbs = useTeam(String(team.id));
  const gone = useGone();
  const leaving = dialog.about === 'leave' ? userId : dialog.about === 'remove' ? dialog.member.user_id : null;
  const ends = useMemberEnds(String(team.id), leaving);
  const common = { opened: true, onClose };
  switch (dialog.about) {
    case 'invite':
      return <Invite team={team} onClose={onClose} />;
    case 'role':
      return <ChangeRole team={team} member={dialog.member} isSelf={dialog.member.user_id === userId} onClose={onClose} />;
    case 'remove': {
      const name = nameOf(dialog.member);
      const remove = async () => {
        await verbs.remove(dialog.member.user_id);
        notifications.show({ message: words.removed(name) });
      };
      return (
        <ConfirmDialog
          {...common}
          title={words.removeTitle(name)}
          action={words.remove}
          isReady={isCounted(ends)}
          onConfirm={remove}
        >
          <Text size="sm">{words.removeText(name)}</Text>
          <EndsList query={ends} />
          <Text size="sm">{words.keysStay}</Text>
          <EndedInvitations team={team} senderId={dialog.member.user_id} leftRole={null} />
        </ConfirmDialog>
      );
    }
    case 'transfer': {
      const name = nameOf(dialog.member);
      const transfer = async () => {
        await verbs.transfer(dialog.member.user_id);
        notifications.show({ message: words.transferred(name) });
      };
      return (
        <ConfirmDialog {...common} title={words.transferTitle(name)} action={words.transfer} onConfirm={transfer}>
          <Text size="sm">{words.transferText(name)}</Text>
          <Text size="sm">{words.transferYou}</Text>
          <EndedInvitations team={team} senderId={userId} leftRole="admin" />
        </ConfirmDialog>
      );
    }
    case 'leave': {
      const leave = async () => {
        await verbs.leave();
        await gone(words.left(team.name));
      };
      return (
        <ConfirmDialog
          {...common}
          title={words.leaveTitle(team.name)}
          action={words.leave}
          isReady={isCounted(ends)}
          onConfirm={leave}
        >
          <Text size="sm">{words.leaveText}</Text>
          <EndsList query={ends} />
          <Text size="sm">{words.keysStayOwn}</Text>
          <EndedInvitations team={team} senderId={userId} leftRole={null} />
        </ConfirmDialog>
      );
    }
    case 'take-back': {
      const takeBack = async () => {
        await verbs.takeBack(dialog.invitation.id);
        notifications.show({ message: words.tookBack });
      };
      return (
        <ConfirmDialog {...common} title={words.takeBackTitle} action={words.takeBack} onConfirm={takeBack}>
          <Text size="sm">{words.takeBackText(dialog.invitation.email)}</Text>
        </ConfirmDialog>
      );
    }
  }
}

function Invite({ team, onClose }: { team: Account; onClose: () => void }) {
  const verbs = useTeam(String(team.id));
  const usersOnly = useMembers(String(team.id)).data?.invites_users_only ?? false;
  const said = useSendsMail() ? words : words.noMail;
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('developer');
  const send = useForm(async () => {
    await verbs.invite(email, role);
    notifications.show({ message: usersOnly ? said.invitedUsersOnly(email) : said.invited(email) });
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title={words.inviteTitle} centered>
      <form onSubmit={send.submit}>
        <Stack>
          <TextInput
            label={words.email}
            description={usersOnly ? said.emailHintUsersOnly : said.emailHint}
            type="email"
            name="email"
            autoComplete="off"
            maxLength={254}
            data-autofocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={fieldErrorOf(send.error, 'email')}
          />
          <RoleField value={role} choices={invitable(team.role)} onChange={setRole} />
          <FormError error={send.error} fields={['email']} />
          <Buttons action={said.sendInvitation} isBusy={send.isBusy} isDisabled={email.trim() === ''} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}

function ChangeRole({ team, member, isSelf, onClose }: { team: Account; member: Member; isSelf: boolean; onClose: () => void }) {
  const verbs = useTeam(String(team.id));
  const [role, setRole] = useState<Role>(member.role);
  const name = nameOf(member);
  const choices = choicesFor({ actor: team.role, isSelf, held: member.role });
  const save = useForm(async () => {
    await verbs.setRole(member.user_id, role);
    notifications.show({ message: words.changed(name, kitWords.roles[role].toLowerCase()) });
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title={words.changeTitle(name)} centered>
      <form onSubmit={save.submit}>
        <Stack>
          <RoleField value={role} choices={choices} onChange={setRole} />
          {isSelf && (
            <Text size="sm" c="dimmed">
              {words.notLifted}
            </Text>
          )}
          <EndedInvitations team={team} senderId={member.user_id} leftRole={role} />
          <FormError error={save.error} />
          <Buttons action={words.save} isBusy={save.isBusy} isDisabled={role === member.role} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}

interface ButtonsProps {
  readonly action: string;
  readonly isBusy: boolean;
  readonly isDisabled: boolean;
  readonly onClose: () => void;
}

const Buttons = ({ action, isBusy, isDisabled, onClose }: ButtonsProps) => (
  <Group justify="flex-end">
    <Button variant="default" onClick={onClose}>
      {words.cancel}
    </Button>
    <Button type="submit" loading={isBusy} disabled={isDisabled}>
      {action}
    </Button>
  </Group>
);
