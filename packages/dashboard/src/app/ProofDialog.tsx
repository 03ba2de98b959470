/** "Confirm it's you": shown when the server requires a newer proof; the call that needed it then continues by itself. */
import { Alert, Button, Modal, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { FormError, fieldErrorsOf } from '../kit/errors.tsx';
import { ME, useMe } from '../kit/session.ts';
import { ask } from '../lib/ask.ts';
import { CurrentPassword } from './CurrentPassword.tsx';
import { ProviderProof } from './ProviderProof.tsx';
import { words } from './words.ts';

const said = words.proof;

export default function ProofDialog({ onDone }: { onDone: (proved: boolean) => void }) {
  const { data: me } = useMe();
  const queries = useQueryClient();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isCancelled, setCancelled] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const methods = me?.proof_methods ?? ['password'];

  const prove = async (how: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    setCancelled(false);
    try {
      await how();
      void queries.invalidateQueries({ queryKey: ME });
      onDone(true);
    } catch (caught) {
      // What the browser's own dialog throws when the user cancels it.
      if (caught instanceof Error && caught.name === 'NotAllowedError') setCancelled(true);
      else setError(caught);
      setBusy(false);
    }
  };
  const withPassword = (event: FormEvent) => {
    event.preventDefault();
    void prove(() => ask('POST /proof', { body: { password } }));
  };

  return (
    <Modal opened onClose={() => onDone(false)} title={said.title} centered zIndex={500}>
      <Stack>
        <Text size="sm">{methods.length === 0 ? said.noWay : said.why}</Text>
        <FormError error={error} fields={['password']} />
        {isCancelled && <Alert color="yellow">{said.cancelled}</Alert>}
        {methods.includes('password') && (
          <form onSubmit={withPassword}>
            <Stack>
              {/* Tells a password manager whose password it is. */}
              <input type="email" name="username" autoComplete="username" value={me?.user.email ?? ''} readOnly hidden />
              <CurrentPassword
                label={said.password}
                value={password}
                onChange={setPassword}
                error={fieldErrorsOf(error).password}
              />
              <Button type="submit" loading={isBusy}>
                {said.confirm}
              </Button>
            </Stack>
          </form>
        )}
        {methods.includes('passkey') && (
          <Button variant="default" disabled={isBusy} onClick={() => void prove(provePasskey)}>
            {said.passkey}
          </Button>
        )}
        {methods.includes('provider') && <ProviderProof onProved={() => onDone(true)} />}
      </Stack>
    </Modal>
  );
}

async function provePasskey(): Promise<void> {
  const [{ startAuthentication }, options] = await Promise.all([
    import('@simplewebauthn/browser'),
    ask('POST /proof/passkey/options'),
  ]);
  const response = await startAuthentication({ optionsJSON: options as never });
  await ask('POST /proof/passkey', { body: { response: response as never } });
}
