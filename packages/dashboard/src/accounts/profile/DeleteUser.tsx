import { Button, List, Text } from '@mantine/core';
import { useState } from 'react';
import { leave } from '../../app/session.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { EndsList, isCounted, useEnds } from '../../kit/ends.tsx';
import { ask } from '../../lib/ask.ts';
import { Section } from '../Section.tsx';
import { words } from './words.ts';

const said = words.end;

export function DeleteUser({ email }: { email: string }) {
  const [isOpen, setOpen] = useState(false);
  const ends = useEnds(['me'], () => ask('GET /me/ends'), isOpen);
  const remove = async () => {
    await ask('DELETE /me', { body: { email } });
    leave();
  };
  return (
    <Section title={said.title} intro={said.intro}>
      <div>
        <Text size="sm">{said.what}</Text>
        <List size="sm" mt="xs" spacing={4} withPadding>
          {said.list.map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
      </div>
      <Button color="red" variant="outline" justify="center" w="fit-content" onClick={() => setOpen(true)}>
        {said.button}
      </Button>
      <ConfirmDialog
        opened={isOpen}
        title={said.dialog}
        action={said.action}
        typed={email}
        isReady={isCounted(ends)}
        onConfirm={remove}
        onClose={() => setOpen(false)}
      >
        <Text size="sm">{said.sure}</Text>
        <EndsList query={ends} />
      </ConfirmDialog>
    </Section>
  );
}
