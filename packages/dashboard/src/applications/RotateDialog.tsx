/** A new client secret, shown once. */
import { Modal, NativeSelect, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { DialogForm } from '../kit/dialog-form.tsx';
import { fieldErrorOf } from '../kit/errors.tsx';
import { ClientShown } from './ClientShown.tsx';
import { type Application, type Made, useVerbs } from './queries.ts';
import { words } from './words.ts';

const OVERLAPS = ['0', '3600', '86400', '604800'] as const;
const DEFAULT_OVERLAP = '604800';

interface Props {
  readonly account: string;
  readonly application: Application;
  readonly onClose: () => void;
}

export function RotateDialog({ account, application, onClose }: Props) {
  const [overlap, setOverlap] = useState<string>(DEFAULT_OVERLAP);
  const [made, setMade] = useState<Made | null>(null);
  const verbs = useVerbs(account);
  const rotate = useMutation({ mutationFn: () => verbs.rotate(application.id, Number(overlap)), onSuccess: setMade });
  if (made !== null) {
    return (
      <Modal.Root opened onClose={onClose} closeOnEscape={false} closeOnClickOutside={false} centered size="lg">
        <Modal.Overlay />
        <Modal.Content aria-label={words.rotatedTitle}>
          <Modal.Body p={0}>
            <ClientShown title={words.rotatedTitle} made={made} onDone={onClose} />
          </Modal.Body>
        </Modal.Content>
      </Modal.Root>
    );
  }
  const hasSecret = application.secret_made_at !== null;
  const error = fieldErrorOf(rotate.error, 'overlap_seconds');
  return (
    <DialogForm
      title={words.rotateTitle(application.name)}
      submit={words.rotateSubmit}
      fields={['overlap_seconds']}
      mutation={rotate}
      onSubmit={() => rotate.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{hasSecret ? words.rotateText : words.rotateFirst}</Text>
      {hasSecret && (
        <NativeSelect
          label={words.overlapLabel}
          data={OVERLAPS.map((value) => ({ value, label: words.overlapChoices[value] }))}
          value={overlap}
          onChange={(event) => setOverlap(event.currentTarget.value)}
          {...(error === undefined ? {} : { error })}
        />
      )}
      {isRunning(application) && <Text size="sm">{words.overlapOldest}</Text>}
    </DialogForm>
  );
}

/** Whether the previous secret still works. */
export const isRunning = ({ previous_secret_ends_at: end }: Application): boolean => end !== null && Date.parse(end) > Date.now();
