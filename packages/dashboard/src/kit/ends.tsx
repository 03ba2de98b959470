/** What ends with something that is about to be deleted, counted when the dialog opens. */
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import classes from './ends.module.css';
import { ErrorState } from './errors.tsx';
import { useFormat } from './format.ts';
import { Loading } from './states.tsx';
import { words } from './words.ts';

export type Ends = Api['GET /accounts/:account/ends']['answer'];

/** Requested again each time, so that it is up to date. */
export const useEnds = <Counted extends Ends>(
  of: readonly (string | number)[],
  count: () => Promise<Counted>,
  enabled: boolean,
) => useQuery({ queryKey: ['ends', ...of], queryFn: count, enabled, gcTime: 0, staleTime: 0 });

type EndsQuery = ReturnType<typeof useEnds>;

/** Nothing can be confirmed before it is shown, and only the current state is shown. */
export const isCounted = ({ data, isFetching }: EndsQuery): boolean => data !== undefined && !isFetching;

export function EndsList({ query }: { query: EndsQuery }) {
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return query.data === undefined || query.isFetching ? <Loading /> : <EndsLines ends={query.data} />;
}

export function EndsLines({ ends, title = words.ends.title }: { ends: Ends; title?: string | null }) {
  const format = useFormat();
  const said = words.ends;
  const lines = said.lines.flatMap(([name, one, many]) => {
    const count = ends[name];
    if (count === 0) return [];
    const number = count >= said.most ? said.orMore(format.number(said.most)) : format.number(count);
    return [`${number} ${count === 1 ? one : many}`];
  });
  if (lines.length === 0) return <Text size="sm">{said.nothing}</Text>;
  return (
    <div>
      {title !== null && <Text size="sm">{title}</Text>}
      <ul className={classes.ends}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
