/** Who belongs to a team, who is invited, and what the roles mean. */

import { Alert, Button, Group, Menu, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { FormError } from '../../kit/errors.tsx';
import { useFormat } from '../../kit/format.ts';
import { type Invitation, type Member, nameOf, useMembers } from '../../kit/members.ts';
import { OfAccount } from '../../kit/of-account.tsx';
import { type Account, hasRole, useMe, useSendsMail } from '../../kit/session.ts';
import shared from '../../kit/shared.module.css';
import { Loaded, PageHeader } from '../../kit/states.tsx';
import { DataTable, More, RowMenu, useFirstRows } from '../../kit/table.tsx';
import { Tag } from '../../kit/tag.tsx';
import { TimeAgo } from '../../kit/time.tsx';
import { words as kitWords } from '../../kit/words.ts';
import { type Dialog, TeamDialog } from './dialogs.tsx';
import { useTeam } from './queries.ts';
import { choicesFor, ROLES } from './role.ts';
import classes from './team.module.css';
import { words } from './words.ts';

export const MembersPage = () => <OfAccount teamsOnly>{(team) => <Members key={team.id} team={team} />}</OfAccount>;

function Members({ team }: { team: Account }) {
  const query = useMembers(String(team.id));
  const userId = useMe().data?.user.id ?? 0;
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const mayManage = hasRole(team, 'admin');
  return (
    <Stack gap="xl">
      <PageHeader title={words.title} intro={words.intro(team.name)}>
        {mayManage && (
          <Button leftSection={<UserPlus size={16} aria-hidden="true" />} onClick={() => setDialog({ about: 'invite' })}>
            {words.invite}
          </Button>
        )}
      </PageHeader>
      {!mayManage && (
        <Alert variant="default" bg="transparent">
          {words.viewerReason}
        </Alert>
      )}
      <Loaded query={query}>
        {({ members, more_members: hasMore, invitations }) => (
          <>
            <MemberTable team={team} members={members} userId={userId} onDialog={setDialog} />
            {hasMore && <Text c="dimmed">{words.moreMembers(members.length)}</Text>}
            {invitations.length > 0 && <Invitations team={team} invitations={invitations} onDialog={setDialog} />}
          </>
        )}
      </Loaded>
      <Roles />
      {dialog !== null && <TeamDialog team={team} dialog={dialog} userId={userId} onClose={() => setDialog(null)} />}
    </Stack>
  );
}

interface TableProps {
  readonly team: Account;
  readonly members: readonly Member[];
  readonly userId: number;
  readonly onDialog: (dialog: Dialog) => void;
}

/** Above this number of members there is a field to find them. */
const SEARCH_FROM = 20;

function MemberTable(props: TableProps) {
  const { members } = props;
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const found = members.filter((member) => `${nameOf(member)}\n${member.email ?? ''}`.toLowerCase().includes(wanted));
  const { rows, pages } = useFirstRows(found);
  return (
    <Stack gap="md">
      {members.length >= SEARCH_FROM && (
        <TextInput
          type="search"
          label={words.search}
          autoComplete="off"
          maw="24rem"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      {found.length === 0 ? <Text size="sm">{words.noneFound}</Text> : <MemberRows {...props} rows={rows} />}
      <More pages={pages} />
    </Stack>
  );
}

function MemberRows({ team, members, rows, userId, onDialog }: TableProps & { readonly rows: readonly Member[] }) {
  const format = useFormat();
  const { columns } = words;
  const owners = members.filter(({ role }) => role === 'owner').length;
  return (
    <DataTable
      label={words.members}
      rows={rows}
      keyOf={({ user_id }) => user_id}
      columns={[
        {
          label: columns.member,
          kind: 'head',
          cell: (member) => (
            <>
              <Group gap={8}>
                <span className={classes.name}>{nameOf(member)}</span>
                {member.user_id === userId && <Tag>{words.you}</Tag>}
              </Group>
              {member.display_name !== '' && <span className={shared.second}>{member.email}</span>}
            </>
          ),
        },
        { label: columns.role, cell: ({ role }) => kitWords.roles[role] },
        { label: columns.since, kind: 'when', cell: ({ since }) => format.date(since) },
        ...(hasRole(team, 'admin')
          ? [
              {
                label: columns.seen,
                kind: 'when' as const,
                cell: ({ last_seen_at }: Member) => <TimeAgo at={last_seen_at} never={words.never} />,
              },
            ]
          : []),
        {
          label: columns.actions,
          kind: 'menu',
          cell: (member) => (
            <MemberMenu
              team={team}
              member={member}
              isSelf={member.user_id === userId}
              isLastOwner={owners === 1}
              onDialog={onDialog}
            />
          ),
        },
      ]}
    />
  );
}

interface MenuProps {
  readonly team: Account;
  readonly member: Member;
  readonly isSelf: boolean;
  readonly isLastOwner: boolean;
  readonly onDialog: (dialog: Dialog) => void;
}

/** Actions that are not possible are shown too, with the reason. */
function MemberMenu({ team, member, isSelf, isLastOwner, onDialog }: MenuProps) {
  if (!isSelf && !hasRole(team, 'admin')) return null;
  const choices = choicesFor({ actor: team.role, isSelf, held: member.role });
  const isLast = isSelf && member.role === 'owner' && isLastOwner;
  const whyNotChanged = isLast ? words.lastOwner : choices.length === 0 ? words.ownersOnly : null;
  return (
    <RowMenu name={nameOf(member)}>
      {choices.length !== 1 && (
        <Item label={words.changeRole} reason={whyNotChanged} onClick={() => onDialog({ about: 'role', member })} />
      )}
      {!isSelf && member.role !== 'owner' && (
        <Item
          label={words.makeOwner}
          reason={team.role === 'owner' ? null : words.transferOnly}
          onClick={() => onDialog({ about: 'transfer', member })}
        />
      )}
      {isSelf ? (
        <Item
          label={words.leave}
          isDanger
          reason={isLast ? words.lastOwner : null}
          onClick={() => onDialog({ about: 'leave' })}
        />
      ) : (
        <Item label={words.remove} isDanger reason={whyNotChanged} onClick={() => onDialog({ about: 'remove', member })} />
      )}
    </RowMenu>
  );
}

interface ItemProps {
  readonly label: string;
  readonly reason: string | null;
  readonly isDanger?: boolean;
  readonly onClick: () => void;
}

/** Disabled actions can be focused with the keyboard too: otherwise their reason is not read out. */
const Item = ({ label, reason, isDanger = false, onClick }: ItemProps) =>
  reason === null ? (
    <Menu.Item onClick={onClick} {...(isDanger ? { className: shared.danger ?? '' } : {})}>
      {label}
    </Menu.Item>
  ) : (
    <Menu.Item aria-disabled="true" closeMenuOnClick={false} className={classes.unable ?? ''}>
      {label}
      <span className={classes.reason}>{reason}</span>
    </Menu.Item>
  );

interface InvitationsProps {
  readonly team: Account;
  readonly invitations: readonly Invitation[];
  readonly onDialog: (dialog: Dialog) => void;
}

function Invitations({ team, invitations, onDialog }: InvitationsProps) {
  const verbs = useTeam(String(team.id));
  const [error, setError] = useState<unknown>(null);
  const said = useSendsMail() ? words : words.noMail;
  const columns = words.invitationColumns;
  const mayManage = hasRole(team, 'admin');
  const { rows, pages } = useFirstRows(invitations);
  const sendAgain = async ({ id, email }: Invitation) => {
    setError(null);
    try {
      await verbs.sendAgain(id);
      notifications.show({ message: said.sentAgain(email) });
    } catch (caught) {
      setError(caught);
    }
  };
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {words.invitations}
      </Title>
      <FormError error={error} />
      <DataTable
        label={words.invitations}
        rows={rows}
        keyOf={({ id }) => id}
        columns={[
          { label: columns.email, kind: 'head', cell: ({ email }) => email },
          { label: columns.role, cell: ({ role }) => kitWords.roles[role] },
          { label: columns.by, cell: ({ invited_by }) => invited_by ?? '–' },
          {
            label: columns.ends,
            kind: 'when',
            cell: ({ expires_at }) => (Date.parse(expires_at) < Date.now() ? words.ended : <TimeAgo at={expires_at} />),
          },
          {
            label: columns.actions,
            kind: 'actions',
            cell: (invitation) =>
              mayManage && (
                <Group gap="xs" wrap="nowrap">
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={said.sendAgainFor(invitation.email)}
                    onClick={() => void sendAgain(invitation)}
                  >
                    {said.sendAgain}
                  </Button>
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={words.takeBackFor(invitation.email)}
                    onClick={() => onDialog({ about: 'take-back', invitation })}
                  >
                    {words.takeBack}
                  </Button>
                </Group>
              ),
          },
        ]}
      />
      <More pages={pages} />
    </Stack>
  );
}

const Roles = () => (
  <Stack gap="sm">
    <Title order={2} size="h4">
      {words.rolesTitle}
    </Title>
    <dl className={classes.roles}>
      {ROLES.map((role) => (
        <RoleLine key={role} name={kitWords.roles[role]} may={words.may[role]} />
      ))}
    </dl>
  </Stack>
);

const RoleLine = ({ name, may }: { name: string; may: string }) => (
  <>
    <dt>{name}</dt>
    <dd>{may}</dd>
  </>
);
