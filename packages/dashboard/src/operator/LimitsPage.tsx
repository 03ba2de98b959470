/** The limits in force, and unlocking sign-in for a user. */

import { Button, Stack, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { Breakable } from '../kit/breakable.tsx';
import { FormError, fieldErrorOf } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import shared from '../kit/shared.module.css';
import { ask } from '../lib/ask.ts';
import { ListPage, whole } from './ListPage.tsx';
import classes from './operator.module.css';
import { words } from './words.ts';

const said = words.limits;

export const LimitsPage = () => (
  <ListPage
    said={said}
    queryKey={['operator', 'limits']}
    ask={async () => whole(await ask('GET /operator/limits'))}
    rowsOf={({ limits }) => limits}
    keyOf={({ name }) => name}
    above={() => <Clear />}
    columns={[
      {
        label: said.columns.name,
        kind: 'head',
        cell: ({ name, why }) => (
          <>
            {name}
            <span className={shared.second}>{why}</span>
          </>
        ),
      },
      { label: said.columns.value, cell: ({ value }) => value },
      {
        label: said.columns.setting,
        cell: ({ setting }) =>
          setting === null ? (
            said.fixed
          ) : (
            <span className={shared.mono}>
              <Breakable text={setting} />
            </span>
          ),
      },
    ]}
  />
);

function Clear() {
  const [email, setEmail] = useState('');
  const clear = useForm(async () => {
    await ask('POST /operator/limits/clear', { body: { email } });
    notifications.show({ message: said.cleared(email) });
    setEmail('');
  });
  return (
    <form onSubmit={clear.submit} className={shared.panel}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {said.clearTitle}
        </Title>
        <p className={shared.help}>{said.clearHint}</p>
        <div className={classes.inline}>
          <TextInput
            className={classes.grow ?? ''}
            label={said.email}
            type="email"
            autoComplete="off"
            maxLength={254}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={fieldErrorOf(clear.error, 'email')}
          />
          <Button type="submit" variant="default" loading={clear.isBusy} disabled={email.trim() === ''}>
            {said.clear}
          </Button>
        </div>
        <FormError error={clear.error} fields={['email']} />
      </Stack>
    </form>
  );
}
