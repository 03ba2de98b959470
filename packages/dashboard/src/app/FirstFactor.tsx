/** Password, passkey, or anything else that the sign-in page offers, in a separate tab. */
import { Anchor, Button, Group, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { fieldErrorsOf } from '../kit/errors.tsx';
import type { Me } from '../kit/session.ts';
import { ask } from '../lib/ask.ts';
import { CurrentPassword } from './CurrentPassword.tsx';
import type { Attempt } from './sign-in-attempt.ts';
import { signInWithPasskey } from './sign-in-passkey.ts';
import { words as said } from './sign-in-words.ts';

export function FirstFactor({ user, attempt }: { user: Me['user']; attempt: Attempt }) {
  const [password, setPassword] = useState('');
  const state = useQuery({ queryKey: ['state', 'sign-in'], queryFn: () => ask('GET /state') });
  const hasPasskeys = state.data?.passkeys === true && typeof window.PublicKeyCredential === 'function';
  const withPassword = (event: FormEvent) => {
    event.preventDefault();
    attempt.run(async () => {
      const entered = await ask('POST /log-in', { body: { email: user.email, password } });
      return entered.next === 'done' ? null : entered.methods;
    });
  };
  const faults = fieldErrorsOf(attempt.error);
  return (
    <>
      {user.has_password && (
        <form onSubmit={withPassword}>
          <Stack>
            <TextInput label={said.email} name="username" autoComplete="username" value={user.email} readOnly />
            <CurrentPassword
              label={said.password}
              value={password}
              onChange={setPassword}
              error={faults.password ?? faults.email}
            />
            <Button type="submit" loading={attempt.isBusy}>
              {said.logIn}
            </Button>
          </Stack>
        </form>
      )}
      {hasPasskeys && (
        <Button variant="default" disabled={attempt.isBusy} onClick={() => attempt.run(signInWithPasskey)}>
          {said.passkey}
        </Button>
      )}
      <Group justify="space-between">
        <Anchor href="/login" target="_blank" rel="noreferrer" size="sm">
          {said.elsewhere}
        </Anchor>
        <Button variant="default" size="xs" disabled={attempt.isBusy} onClick={() => attempt.run(async () => null)}>
          {said.haveLoggedIn}
        </Button>
      </Group>
    </>
  );
}
