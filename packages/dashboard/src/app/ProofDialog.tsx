/** "Confirm that it is you": asked when the server wants a younger proof; the call that asked for it then goes on by itself. */
import { Alert, Button, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { FormError, fieldErrorsOf } from '../kit/errors.tsx';
import { ask } from '../lib/ask.ts';
import { ME, useMe } from './session.ts';
import { words } from './words.ts';

const said = words.proof;

export default function ProofDialog({ onDone }: { onDone: (proved: boolean) => void }) {
  const me = useMe();
  const queries = useQueryClient();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isCancelled, setCancelled] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const methods = me.data?.proof_methods ?? ['password'];

  const prove = async (how: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    setCancelled(false);
    try {
      await how();
      void queries.invalidateQueries({ queryKey: ME });
      onDone(true);
    } catch (caught) {
      // What the browser's own dialog throws when the person turned away.
      if (caught instanceof Error && caught.name === 'NotAllowedError') setCancelled(true);
      else setError(caught);
      setBusy(false);
    }
  };
  const withPassword = (event: FormEvent) => {
    event.preventDefault();
    void prove(() => ask('POST /proof', { body: { password } }));
  };
  const withPasskey = () =>
    prove(async () => {
      const [{ startAuthentication }, options] = await Promise.all([
        import('@simplewebauthn/browser'),
        ask('POST /proof/passkey/options'),
      ]);
      const response = await startAuthentication({ optionsJSON: options as never });
      await ask('POST /proof/passkey', { body: { response: response as never } });
    });

  return (
    <Modal opened onClose={() => onDone(false)} title={said.title} centered zIndex={500}>
      <Stack>
        <Text size="sm">{said.why}</Text>
        {methods.includes('password') && (
          <form onSubmit={withPassword}>
            <Stack>
              <PasswordInput
                label={said.password}
                name="password"
                autoComplete="current-password"
                data-autofocus
                required
                withAsterisk={false}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                error={fieldErrorsOf(error).password}
              />
              <FormError error={error} fields={['password']} />
              <Button type="submit" loading={isBusy}>
                {said.confirm}
              </Button>
            </Stack>
          </form>
        )}
        {isCancelled && <Alert color="yellow">{said.cancelled}</Alert>}
        {methods.includes('passkey') && (
          <Button variant="default" onClick={withPasskey} disabled={isBusy}>
            {said.passkey}
          </Button>
        )}
        {methods.length === 0 && <Text size="sm">{said.noWay}</Text>}
      </Stack>
    </Modal>
  );
}
