/** The limits that hold, and letting somebody try again. */
import { Button, Stack, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Breakable } from '../kit/breakable.tsx';
import { FormError, fieldErrorOf } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { DataTable, tableClasses } from '../kit/table.tsx';
import { ask } from '../lib/ask.ts';
import { Operator } from './Operator.tsx';
import classes from './operator.module.css';
import { words } from './words.ts';

const said = words.limits;

export const LimitsPage = () => (
  <Operator>
    <Limits />
  </Operator>
);

function Limits() {
  const query = useQuery({ queryKey: ['operator', 'limits'], queryFn: () => ask('GET /operator/limits') });
  return (
    <Stack gap="xl">
      <PageHeader title={said.title} intro={said.intro} />
      <Clear />
      <Loaded query={query}>
        {({ limits }) => (
          <DataTable
            label={said.list}
            rows={limits}
            keyOf={({ name }) => name}
            columns={[
              {
                label: said.columns.name,
                kind: 'head',
                cell: ({ name, why }) => (
                  <>
                    {name}
                    <span className={tableClasses.second}>{why}</span>
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
                    <span className={tableClasses.mono}>
                      <Breakable text={setting} />
                    </span>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  );
}

function Clear() {
  const [email, setEmail] = useState('');
  const clear = useForm(async () => {
    await ask('POST /operator/limits/clear', { body: { email } });
    notifications.show({ message: said.cleared(email) });
    setEmail('');
  });
  return (
    <form onSubmit={clear.submit} className={classes.panel}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {said.clearTitle}
        </Title>
        <p className={classes.help}>{said.clearHint}</p>
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
