/** A client ID, and only once its secret. */

import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useId, useRef } from 'react';
import { Copyable } from '../kit/copyable.tsx';
import { LeaveGuard } from '../kit/leave-guard.tsx';
import shared from '../kit/shared.module.css';
import type { Made } from './queries.ts';
import { words } from './words.ts';

export function ClientShown({ title, made, onDone }: { title: string; made: Made; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  useEffect(() => heading.current?.focus(), []);
  const { application, client_secret: secret } = made;
  return (
    <Stack gap="md" component="section" aria-labelledby={titleId} className={shared.accentPanel ?? ''}>
      <LeaveGuard active={secret !== null} title={words.leaveTitle} text={words.leaveText} />
      <div>
        <Title order={2} size="h4" id={titleId} ref={heading} tabIndex={-1} className={shared.quietFocus ?? ''}>
          {title}
        </Title>
        <Text size="sm">{secret === null ? (application.type === 'public' ? words.noSecret : words.withKeys) : words.once}</Text>
      </div>
      <Labelled label={words.clientId} text={application.client_id} />
      {secret !== null && <Labelled label={words.clientSecret} text={secret} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {words.done}
        </Button>
      </Group>
    </Stack>
  );
}

const Labelled = ({ label, text }: { label: string; text: string }) => (
  <div>
    <Text size="sm" fw={500} mb={4} aria-hidden="true">
      {label}
    </Text>
    <Copyable label={label} text={text} />
  </div>
);
