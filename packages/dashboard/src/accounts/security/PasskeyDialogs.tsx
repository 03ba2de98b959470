import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { FormError, fieldErrorsOf } from '../../kit/errors.tsx';
import { words as kitWords } from '../../kit/words.ts';
import { ask } from '../../lib/ask.ts';
import { suggestName } from './passkey-name.ts';
import { type Security, useChanged } from './queries.ts';
import { words } from './words.ts';

const said = words.passkeys;

/** What the browser's own dialog threw, in plain words; null if the error is not the browser's. */
function browserFault(error: unknown): string | null {
  if (!(error instanceof Error) || error.name === 'AskError') return null;
  if (error.name === 'NotAllowedError' || error.name === 'AbortError') return said.cancelled;
  return error.name === 'InvalidStateError' ? said.known : said.failed;
}

/** The name comes first, so that nothing is left to ask once the browser has created it. */
export function AddPasskey({ taken, onClose }: { taken: readonly string[]; onClose: () => void }) {
  const [name, setName] = useState(() => suggestName(navigator.userAgent, taken));
  const changed = useChanged();
  const add = useMutation({
    mutationFn: async () => {
      const [{ startRegistration }, options] = await Promise.all([
        import('@simplewebauthn/browser'),
        ask('POST /me/passkeys/options'),
      ]);
      const response = await startRegistration({ optionsJSON: options as never });
      await ask('POST /me/passkeys', { body: { name, response: response as never } });
    },
    onSuccess: async () => {
      await changed();
      onClose();
    },
  });
  const fault = browserFault(add.error);
  return (
    <NameDialog
      title={said.add}
      button={said.goOn}
      name={name}
      onName={setName}
      error={fault === null ? add.error : null}
      isBusy={add.isPending}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{said.next}</Text>
      {fault !== null && (
        <Alert color="yellow" role="alert">
          {fault}
        </Alert>
      )}
    </NameDialog>
  );
}

export function RenamePasskey({ passkey, onClose }: { passkey: Security['passkeys'][number]; onClose: () => void }) {
  const [name, setName] = useState(passkey.name);
  const changed = useChanged();
  const rename = useMutation({
    mutationFn: () => ask('PATCH /me/passkeys/:id', { params: { id: passkey.id }, body: { name } }),
    onSuccess: async () => {
      await changed();
      onClose();
    },
  });
  return (
    <NameDialog
      title={said.renameTitle}
      button={said.save}
      name={name}
      onName={setName}
      error={rename.error}
      isBusy={rename.isPending}
      onSubmit={() => rename.mutate()}
      onClose={onClose}
    />
  );
}

interface Props {
  readonly title: string;
  readonly button: string;
  readonly name: string;
  readonly onName: (name: string) => void;
  readonly error: unknown;
  readonly isBusy: boolean;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

function NameDialog({ title, button, name, onName, error, isBusy, onSubmit, onClose, children }: Props) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal opened onClose={onClose} title={title} centered>
      <form onSubmit={submit}>
        <Stack>
          <FormError error={error} fields={['name']} />
          <TextInput
            label={said.name}
            description={said.nameHint}
            value={name}
            maxLength={100}
            autoComplete="off"
            data-autofocus
            onChange={(event) => onName(event.currentTarget.value)}
            error={fieldErrorsOf(error).name}
          />
          {children}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {kitWords.cancel}
            </Button>
            <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
              {button}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
