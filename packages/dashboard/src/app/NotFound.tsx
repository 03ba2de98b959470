import { Button, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { PageHeader } from '../kit/states.tsx';
import { words } from './words.ts';

export function NotFound() {
  return (
    <Stack align="flex-start">
      <PageHeader title={words.notFoundTitle} intro={words.notFound} />
      <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
        {words.toHome}
      </Button>
    </Stack>
  );
}

/** A mistake of the page, or a part of it that is no more: a new version of the server has other files, and a reload is all it takes. */
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
