/** The last narrowing, and undoing it, for a day. */
import { Alert, Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { canManage, type Scope } from '../kit/credential-scope.ts';
import { DialogForm } from '../kit/dialog-form.tsx';
import { useFormat } from '../kit/format.ts';
import { Names } from '../kit/names.tsx';
import type { DialogProps } from './dialogs.tsx';
import { type Credential, type Undo, useVerbs } from './queries.ts';
import { words } from './words.ts';

interface Props {
  readonly scope: Scope;
  readonly credential: Credential;
  readonly undo: Undo;
}

export function UndoNarrowing({ scope, credential, undo }: Props) {
  const [asking, setAsking] = useState(false);
  const format = useFormat();
  if (!canManage(scope)) return null;
  return (
    <Alert variant="light" color="gray" title={words.undoTitle}>
      <Group justify="space-between">
        <Text size="sm">{words.undoWhen(format.relative(undo.narrowed_at), format.dateTime(undo.until))}</Text>
        <Button variant="default" size="sm" onClick={() => setAsking(true)}>
          {words.undo}
        </Button>
      </Group>
      {asking && <UndoDialog scope={scope} credential={credential} undo={undo} onClose={() => setAsking(false)} />}
    </Alert>
  );
}

function UndoDialog({ scope, credential, undo, onClose }: DialogProps & { readonly undo: Undo }) {
  const verbs = useVerbs(scope);
  const mutation = useMutation({
    mutationFn: verbs.undoNarrowing,
    onSuccess: () => {
      notifications.show({ message: words.undone });
      onClose();
    },
  });
  return (
    <DialogForm
      title={words.undoQuestion(credential.name)}
      submit={words.undo}
      mutation={mutation}
      onSubmit={() => mutation.mutate(credential.id)}
      onClose={onClose}
    >
      {undo.permissions === null ? (
        <Text size="sm">{words.undoAllPermissions}</Text>
      ) : (
        <div>
          <Text size="sm">{words.undoPermissions}</Text>
          <Names label={words.undoPermissions} names={undo.permissions} />
        </div>
      )}
      {isSame(undo.addresses, credential.addresses) || (
        <Text size="sm">{undo.addresses === null ? words.undoAnyAddress : words.undoAddresses(undo.addresses.join(', '))}</Text>
      )}
      {scope.kind === 'key' && (
        <Text size="sm" c="dimmed">
          {words.undoJwts}
        </Text>
      )}
    </DialogForm>
  );
}

const isSame = (one: readonly string[] | null, other: readonly string[] | null): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
