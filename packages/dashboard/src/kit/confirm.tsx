import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { FormError } from './errors.tsx';
import { words } from './words.ts';

interface Props {
  readonly opened: boolean;
  readonly title: string;
  /** What it does and what ends with it. */
  readonly children: ReactNode;
  /** The verb on the button, such as *Revoke*. */
  readonly action: string;
  readonly danger?: boolean;
  /** A name that has to be typed first. */
  readonly typed?: string;
  /** False: its effects are not shown yet, so it cannot be confirmed. */
  readonly isReady?: boolean;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone. Stays open, with the reason, if the server refused. */
export function ConfirmDialog({
  opened,
  title,
  children,
  action,
  danger = true,
  typed,
  isReady = true,
  onConfirm,
  onClose,
}: Props) {
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const close = () => {
    setText('');
    setError(null);
    onClose();
  };
  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      close();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={title} centered>
      <form onSubmit={confirm}>
        <Stack>
          {children}
          {typed !== undefined && (
            <TextInput
              label={words.typeToConfirm(typed)}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              data-autofocus
            />
          )}
          <FormError error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.cancel}
            </Button>
            <Button
              type="submit"
              loading={isBusy}
              disabled={!isReady || (typed !== undefined && text !== typed)}
              {...(danger ? { color: 'red' } : {})}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
