import { Button, Group, SimpleGrid, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { FormError, fieldErrorsOf } from '../../kit/errors.tsx';
import { Section } from '../../kit/section.tsx';
import { ME, type Me } from '../../kit/session.ts';
import { ask } from '../../lib/ask.ts';
import { words } from './words.ts';

const said = words.names;

export function Names({ user }: { user: Me['user'] }) {
  const [names, setNames] = useState({
    display_name: user.display_name,
    first_name: user.first_name,
    last_name: user.last_name,
  });
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => ask('PATCH /me', { body: names }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ME, exact: true }),
  });
  const errors = fieldErrorsOf(save.error);
  const field = (name: keyof typeof names, label: string, autoComplete: string) => (
    <TextInput
      label={label}
      name={name}
      autoComplete={autoComplete}
      maxLength={100}
      value={names[name]}
      onChange={(event) => {
        save.reset();
        setNames({ ...names, [name]: event.currentTarget.value });
      }}
      error={errors[name]}
    />
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const isChanged = (Object.keys(names) as (keyof typeof names)[]).some((name) => names[name] !== user[name]);
  return (
    <Section title={said.title} intro={said.intro}>
      <form onSubmit={submit}>
        <FormError error={save.error} fields={Object.keys(names)} />
        {field('display_name', said.display, 'nickname')}
        <SimpleGrid cols={{ base: 1, xs: 2 }} mt="sm" spacing="sm">
          {field('first_name', said.first, 'given-name')}
          {field('last_name', said.last, 'family-name')}
        </SimpleGrid>
        <Group mt="md">
          <Button type="submit" loading={save.isPending} disabled={!isChanged && !save.isPending}>
            {said.save}
          </Button>
          <Text size="sm" role="status">
            {save.isSuccess && words.saved}
          </Text>
        </Group>
      </form>
    </Section>
  );
}
