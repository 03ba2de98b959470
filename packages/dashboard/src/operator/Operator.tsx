/** The frame of every page of the operator: for administrators alone. The server decides; this only says so in time. */
import { Button, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMe } from '../app/session.ts';
import { ErrorState } from '../kit/errors.tsx';
import { Loading, PageHeader } from '../kit/states.tsx';
import { words } from './words.ts';

export function Operator({ children }: { children: ReactNode }) {
  const me = useMe();
  if (me.data === undefined) return me.isError ? <ErrorState error={me.error} retry={() => void me.refetch()} /> : <Loading />;
  return me.data.user.administrator ? children : <NotAllowed />;
}

const NotAllowed = () => (
  <Stack align="flex-start">
    <PageHeader title={words.notAllowedTitle} intro={words.notAllowed} />
    <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
      {words.toHome}
    </Button>
  </Stack>
);

/** Labels above values, in as many columns as there is room for. */
export function FactList({
  facts,
  className,
}: {
  facts: readonly (readonly [string, ReactNode])[];
  className: string | undefined;
}) {
  return (
    <dl className={className}>
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
