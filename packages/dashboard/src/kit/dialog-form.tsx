/** A dialog that is a form: Enter submits it, Escape closes it. */
import { Button, Group, Modal, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { FormError } from './errors.tsx';
import { words } from './words.ts';

interface Props {
  readonly title: string;
  readonly submit: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly mutation: { readonly isPending: boolean; readonly error: unknown };
  /** Those that show their own errors. */
  readonly fields?: readonly string[];
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function DialogForm({
  title,
  submit,
  danger = false,
  disabled = false,
  fields = [],
  mutation,
  onSubmit,
  onClose,
  children,
}: Props) {
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      centered
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': words.cancel }}
    >
      <form onSubmit={send} noValidate>
        <Stack gap="md">
          {children}
          <FormError error={mutation.error} fields={fields} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={mutation.isPending}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={mutation.isPending} disabled={disabled} {...(danger ? { color: 'red.9' } : {})}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
