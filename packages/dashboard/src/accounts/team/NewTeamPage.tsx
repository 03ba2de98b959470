/** A new team; the user who creates it owns it. */
import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { FormError, fieldErrorOf } from '../../kit/errors.tsx';
import { ME } from '../../kit/session.ts';
import { PageHeader } from '../../kit/states.tsx';
import { ask } from '../../lib/ask.ts';
import classes from './team.module.css';
import { words } from './words.ts';

export function NewTeamPage() {
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const create = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { id } = await ask('POST /accounts', { body: { name } });
      await queries.invalidateQueries({ queryKey: ME });
      await navigate({ to: '/accounts/$account/members', params: { account: String(id) } });
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  };
  return (
    <Stack gap="lg">
      <PageHeader title={words.newTitle} intro={words.newIntro} />
      <form onSubmit={create} className={classes.form}>
        <Stack>
          <TextInput
            label={words.name}
            description={words.nameHint}
            name="team"
            autoComplete="off"
            maxLength={100}
            autoFocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fieldErrorOf(error, 'name')}
          />
          <FormError error={error} fields={['name']} />
          <Group>
            <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
              {words.create}
            </Button>
            <Button variant="default" onClick={() => window.history.back()}>
              {words.cancel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}
