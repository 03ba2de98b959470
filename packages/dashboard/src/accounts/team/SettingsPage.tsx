/** The name of a team, and its end. */
import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { type Account, hasRole } from '../../app/session.ts';
import { useCredentials } from '../../credentials/queries.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { FormError, fieldErrorOf } from '../../kit/errors.tsx';
import { useForm } from '../../kit/form.ts';
import { useFormat } from '../../kit/format.ts';
import { PageHeader } from '../../kit/states.tsx';
import { OfAccount } from './OfAccount.tsx';
import { useMembers, useTeam } from './queries.ts';
import classes from './team.module.css';
import { useGone } from './use-gone.ts';
import { words } from './words.ts';

export const TeamSettingsPage = () => (
  <OfAccount teamsOnly>
    {(team) => (
      <Stack gap="xl" key={team.id}>
        <PageHeader title={words.settingsTitle} />
        <Rename team={team} />
        <Delete team={team} />
      </Stack>
    )}
  </OfAccount>
);

function Rename({ team }: { team: Account }) {
  const verbs = useTeam(String(team.id));
  const [name, setName] = useState(team.name);
  const mayRename = hasRole(team, 'admin');
  const save = useForm(async () => {
    await verbs.rename(name);
    notifications.show({ message: words.renamed });
  });
  return (
    <form onSubmit={save.submit} className={classes.form}>
      <Stack>
        <TextInput
          label={words.renameTitle}
          name="team"
          autoComplete="off"
          maxLength={100}
          readOnly={!mayRename}
          value={name}
          description={mayRename ? undefined : words.adminReason}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldErrorOf(save.error, 'name')}
        />
        <FormError error={save.error} fields={['name']} />
        <div>
          <Button type="submit" loading={save.isBusy} disabled={!mayRename || name.trim() === '' || name === team.name}>
            {words.save}
          </Button>
        </div>
      </Stack>
    </form>
  );
}

function Delete({ team }: { team: Account }) {
  const verbs = useTeam(String(team.id));
  const gone = useGone();
  const [isAsking, setAsking] = useState(false);
  const isOwner = team.role === 'owner';
  const remove = async () => {
    await verbs.delete(team.name);
    await gone(words.deleted(team.name));
  };
  return (
    <section className={`${classes.panel} ${classes.danger}`} aria-labelledby="delete-team">
      <Stack gap="sm">
        <Title order={2} size="h4" id="delete-team">
          {words.deleteTitle}
        </Title>
        <Ends team={team} />
        <div>
          <Button color="red" disabled={!isOwner} onClick={() => setAsking(true)}>
            {words.delete}
          </Button>
        </div>
        {!isOwner && (
          <Text size="sm" c="dimmed">
            {words.ownerReason}
          </Text>
        )}
      </Stack>
      <ConfirmDialog
        opened={isAsking}
        title={words.deleteConfirm(team.name)}
        action={words.delete}
        typed={team.name}
        onConfirm={remove}
        onClose={() => setAsking(false)}
      >
        <Ends team={team} />
      </ConfirmDialog>
    </section>
  );
}

function Ends({ team }: { team: Account }) {
  const format = useFormat();
  const members = useMembers(String(team.id)).data?.members.length;
  const keys = useCredentials({ kind: 'key', account: String(team.id), operator: false, canManage: false }).data?.pages;
  // More than one page of them is not counted.
  const count = keys === undefined || keys[0]?.next !== null ? null : keys[0].credentials.length;
  return (
    <>
      <Text size="sm">{words.deleteText}</Text>
      <ul className={classes.ends}>
        <li>
          {count === null
            ? words.deleteAllKeys
            : count === 0
              ? words.deleteNoKeys
              : words.deleteKeys(format.number(count), count === 1)}
        </li>
        {count !== 0 && <li>{words.deleteJwts}</li>}
        {members !== undefined && <li>{words.deleteMembers(format.number(members), members === 1)}</li>}
      </ul>
      <Text size="sm" c="dimmed">
        {words.deleteStays}
      </Text>
    </>
  );
}
