/** While two secrets work: how many requests still use the old one, from where, and what to do about it. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { CircleCheck, Hourglass } from 'lucide-react';
import { useFormat } from '../kit/format.ts';
import { LastUse } from '../kit/last-use.tsx';
import type { DialogName } from './dialogs.tsx';
import type { Credential } from './queries.ts';
import { words } from './words.ts';

export function Overlap({ credential, onDialog }: { credential: Credential; onDialog: ((name: DialogName) => void) | null }) {
  const format = useFormat();
  const { overlap } = credential;
  if (overlap === null) return null;
  const isQuiet = overlap.requests === 0;
  return (
    <Alert
      variant="default"
      bg="transparent"
      icon={isQuiet ? <CircleCheck size={20} /> : <Hourglass size={20} />}
      title={words.overlapTitle}
    >
      <Stack gap="sm">
        <Text size="sm">
          {isQuiet ? words.overlapQuiet : words.overlapUsed(format.number(overlap.requests), overlap.requests === 1)}{' '}
          {words.overlapEnds(format.relative(overlap.ends_at))}
        </Text>
        {!isQuiet && overlap.last_used_at !== null && (
          <Text size="sm" component="div">
            {words.overlapLast}:{' '}
            <LastUse inline at={overlap.last_used_at} address={overlap.last_address} userAgent={overlap.last_user_agent} />
          </Text>
        )}
        {onDialog !== null && (
          <Group gap="sm">
            <Button size="sm" variant="default" onClick={() => onDialog('end-overlap')}>
              {words.endOverlap}
            </Button>
            <Button size="sm" variant="subtle" onClick={() => onDialog('extend-overlap')}>
              {words.extend}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
