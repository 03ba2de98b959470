import { Button, List, Text } from '@mantine/core';
import type { Api } from 'keyhouse/dashboard-api';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { EndsList, isCounted, useEnds } from '../../kit/ends.tsx';
import { Section } from '../../kit/section.tsx';
import { leave } from '../../kit/session.ts';
import { ask } from '../../lib/ask.ts';
import { words } from './words.ts';

const said = words.end;

type Obstacles = Api['GET /me/ends']['answer']['in_the_way'];

const isInTheWay = (obstacles: Obstacles | undefined): boolean =>
  obstacles !== undefined && (obstacles.last_administrator || obstacles.only_owner_of.length > 0);

/** Shown before anything is typed, not only as the refusal. */
function InTheWay({ only_owner_of: teams, last_administrator: isLast }: Obstacles) {
  return (
    <>
      {isLast && (
        <Text size="sm" c="red">
          {said.lastAdministrator}
        </Text>
      )}
      {teams.length > 0 && (
        <Text size="sm" c="red">
          {said.onlyOwner(teams)}
        </Text>
      )}
    </>
  );
}

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
        isReady={isCounted(ends) && !isInTheWay(ends.data?.in_the_way)}
        onConfirm={remove}
        onClose={() => setOpen(false)}
      >
        <Text size="sm">{said.sure}</Text>
        {ends.data !== undefined && <InTheWay {...ends.data.in_the_way} />}
        <EndsList query={ends} />
      </ConfirmDialog>
    </Section>
  );
}
