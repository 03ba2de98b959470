/** The name of a team, and deleting it. */

import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { EndsList, isCounted, useEnds } from '../../kit/ends.tsx';
import { FormError, fieldErrorOf } from '../../kit/errors.tsx';
import { useForm } from '../../kit/form.ts';
import { OfAccount } from '../../kit/of-account.tsx';
import { type Account, hasRole } from '../../kit/session.ts';
import shared from '../../kit/shared.module.css';
import { PageHeader } from '../../kit/states.tsx';
import { ask } from '../../lib/ask.ts';
import { useTeam } from './queries.ts';
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
  const account = String(team.id);
  const ends = useEnds(['account', account], () => ask('GET /accounts/:account/ends', { params: { account } }), isAsking);
  const remove = async () => {
    await verbs.delete(team.name);
    await gone(words.deleted(team.name));
  };
  return (
    <section className={`${shared.panel} ${classes.danger}`} aria-labelledby="delete-team">
      <Stack gap="sm">
        <Title order={2} size="h4" id="delete-team">
          {words.deleteTitle}
        </Title>
        <Text size="sm">{words.deleteText}</Text>
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
        isReady={isCounted(ends)}
        onConfirm={remove}
        onClose={() => setAsking(false)}
      >
        <EndsList query={ends} />
        <Text size="sm" c="dimmed">
          {words.deleteStays}
        </Text>
      </ConfirmDialog>
    </section>
  );
}
