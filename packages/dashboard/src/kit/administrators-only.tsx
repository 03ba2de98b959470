/** The frame of every page of the operator: only for administrators. The server decides; this only says so earlier. */
import { Button, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ErrorState } from './errors.tsx';
import { useMe } from './session.ts';
import { Loading, PageHeader } from './states.tsx';
import { words } from './words.ts';

const said = words.administratorsOnly;

export function AdministratorsOnly({ children }: { children: ReactNode }) {
  const me = useMe();
  if (me.data === undefined) return me.isError ? <ErrorState error={me.error} retry={() => void me.refetch()} /> : <Loading />;
  return me.data.user.administrator ? children : <NotAllowed />;
}

const NotAllowed = () => (
  <Stack align="flex-start">
    <PageHeader title={said.title} intro={said.text} />
    <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
      {said.toHome}
    </Button>
  </Stack>
);
