import { Button, Stack } from '@mantine/core';
import { EmptyState } from '../kit/states.tsx';
import { words } from './words.ts';

export function NotFound() {
  return <EmptyState title={words.notFoundTitle}>{words.notFound}</EmptyState>;
}

/** A mistake of the page. A new version of the server has other files: then a reload is all it takes. */
export function Broken() {
  return (
    <Stack align="center" py="xl" role="alert">
      <p>{words.broken}</p>
      <Button variant="default" onClick={() => window.location.reload()}>
        {words.reload}
      </Button>
    </Stack>
  );
}
