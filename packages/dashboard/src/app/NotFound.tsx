import { Button, Stack, Text } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { PageHeader } from '../kit/states.tsx';
import { useLost } from './membership.ts';
import { words } from './words.ts';

export function NotFound() {
  const { account } = useParams({ strict: false }) as { account?: string };
  const team = useLost(account);
  return (
    <Stack align="flex-start">
      <PageHeader
        title={team === undefined ? words.notFoundTitle : words.lostTitle(team)}
        intro={team === undefined ? words.notFound : words.lost}
      />
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
