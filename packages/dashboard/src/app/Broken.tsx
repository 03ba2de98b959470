import { Button, Stack, Text } from '@mantine/core';
import { PageHeader } from '../kit/states.tsx';
import { words } from './words.ts';

/**
 * A fault of the page, or a part of it that does not exist any more: a new version of the server has other files, and a reload is
 * enough.
 */
export function Broken() {
  return (
    <Stack align="flex-start" role="alert">
      <PageHeader title={words.brokenTitle} />
      <Text>{words.broken}</Text>
      <Button variant="default" onClick={() => window.location.reload()}>
        {words.reload}
      </Button>
    </Stack>
  );
}
