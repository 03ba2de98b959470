import { Alert, Button, PasswordInput, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { FormError, fieldErrorsOf } from '../../kit/errors.tsx';
import { Section } from '../../kit/section.tsx';
import type { Me } from '../../kit/session.ts';
import { TimeAgo } from '../../kit/time.tsx';
import { ask } from '../../lib/ask.ts';
import { hintFor } from '../../lib/new-password.ts';
import { passwordHint } from '../../lib/words.ts';
import { type Security, useChanged } from './queries.ts';
import { words } from './words.ts';

const said = words.password;

export function Password({ user, security }: { user: Me['user']; security: Security }) {
  const [password, setPassword] = useState('');
  const changed = useChanged();
  const change = useMutation({
    mutationFn: () => ask('PUT /me/password', { body: { password } }),
    onSuccess: async () => {
      setPassword('');
      await changed();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  const personal = [user.email, user.display_name, user.first_name, user.last_name];
  return (
    <Section title={said.title} intro={user.has_password ? said.intro : said.introNone}>
      {change.isSuccess && (
        <Alert color="green" role="status">
          {said.changed}
        </Alert>
      )}
      <form onSubmit={submit}>
        <FormError error={change.error} fields={['password']} />
        {/* Tells a password manager whose password it is. */}
        <input type="email" name="username" autoComplete="username" value={user.email} readOnly hidden />
        <PasswordInput
          label={said.next}
          description={passwordHint(hintFor(password, personal))}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          name="password"
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={fieldErrorsOf(change.error).password}
        />
        {said.ends(security.password_ends) !== null && (
          <Text size="sm" mt="sm">
            {said.ends(security.password_ends)}
          </Text>
        )}
        <Button type="submit" variant="default" mt="sm" loading={change.isPending} disabled={password === ''}>
          {user.has_password ? said.change : said.set}
        </Button>
      </form>
      {security.password_changed_at !== null && (
        <Text size="sm" c="dimmed">
          {said.since} <TimeAgo at={security.password_changed_at} />
        </Text>
      )}
    </Section>
  );
}
