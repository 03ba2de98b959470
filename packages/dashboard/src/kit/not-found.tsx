/** A page that does not exist, or belongs to a team that the user has lost. */
import { Button, Stack } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useLost } from './membership.ts';
import { PageHeader } from './states.tsx';
import { words } from './words.ts';

const said = words.notFoundPage;

export function NotFound() {
  const { account } = useParams({ strict: false }) as { account?: string };
  const team = useLost(account);
  return (
    <Stack align="flex-start">
      <PageHeader
        title={team === undefined ? said.title : said.lostTitle(team)}
        intro={team === undefined ? said.text : said.lost}
      />
      <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
        {said.toHome}
      </Button>
    </Stack>
  );
}
