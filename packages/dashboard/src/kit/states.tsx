/** Headings, and what is shown where there is nothing yet. */
import { Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { useBrand } from './brand.ts';
import { ErrorState } from './errors.tsx';
import { Part } from './part.tsx';
import { words } from './words.ts';

/** The page's one `h1`, and the window's title. */
export function PageHeader({ title, intro, children }: { title: string; intro?: ReactNode; children?: ReactNode }) {
  const { name } = useBrand();
  useEffect(() => {
    document.title = `${title} · ${name}`;
  }, [title, name]);
  return (
    <Group justify="space-between" align="flex-start" gap="md" wrap="wrap">
      <div>
        <Title order={1} size="h2" mb={intro === undefined ? 0 : 4} style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Title>
        {intro !== undefined && (
          <Text c="dimmed" maw="38rem">
            {intro}
          </Text>
        )}
      </div>
      {children}
    </Group>
  );
}

/** Says what to do first. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap="sm" py="xl" ta="center">
      <Title order={2} size="h4">
        {title}
      </Title>
      {children !== undefined && (
        <Text c="dimmed" maw="30rem">
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}

export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <Stack gap="sm" role="status" aria-label={words.loading}>
      {Array.from({ length: lines }, (_, line) => `line-${line}`).map((line) => (
        <Skeleton key={line} height={28} radius="sm" />
      ))}
    </Stack>
  );
}

/** Within `Part`: what fails while an answer is shown fails there. */
const Shown = <Data,>({ data, children }: { data: Data; children: (data: Data) => ReactNode }) => <>{children(data)}</>;

/** Loading, error with a retry, or the answer. */
export function Loaded<Data>({ query, children }: { query: UseQueryResult<Data>; children: (data: Data) => ReactNode }) {
  if (query.data !== undefined)
    return (
      <Part>
        <Shown data={query.data}>{children}</Shown>
      </Part>
    );
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Loading />;
}
