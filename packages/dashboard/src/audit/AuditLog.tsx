/** Searching a log: the decision on one request, or everything that matches a filter. */
import { Stack, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ErrorState } from '../kit/errors.tsx';
import { EmptyState, Loading } from '../kit/states.tsx';
import { More } from '../kit/table.tsx';
import { Entries } from './Entries.tsx';
import { Filters } from './Filters.tsx';
import { Decision, Find } from './Find.tsx';
import { type Filter, isFiltered, readFilter } from './filter.ts';
import { type Log, useAudit } from './queries.ts';
import { words } from './words.ts';

export const useFilter = (): Filter => readFilter(useSearch({ strict: false }) as Record<string, unknown>);

export function AuditLog({ log }: { log: Log }) {
  const filter = useFilter();
  const navigate = useNavigate();
  const show = (next: { readonly [Name in keyof Filter]?: Filter[Name] | undefined }) => {
    const search = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined));
    void navigate({ to: '.', search: search as never, resetScroll: false });
  };
  return (
    <Stack gap="lg">
      <Find
        key={filter.request_id ?? ''}
        value={filter.request_id ?? ''}
        onFind={(id) => show(id === null ? {} : { request_id: id })}
      />
      {filter.request_id === undefined ? (
        <>
          <Filters log={log} filter={filter} onChange={(change) => show({ ...filter, ...change })} onClear={() => show({})} />
          <Found log={log} filter={filter} onFilter={show} />
        </>
      ) : (
        <Decision log={log} requestId={filter.request_id} onBack={() => show({})} />
      )}
    </Stack>
  );
}

/** A page of a long search may be empty and still not be the last: a few are requested automatically, then by a button. */
const PAGES_BY_ITSELF = 10;

function Found({ log, filter, onFilter }: { log: Log; filter: Filter; onFilter: (filter: Filter) => void }) {
  const audit = useAudit(log, filter);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = audit;
  const pages = audit.data?.pages ?? [];
  const rows = pages.flatMap(({ events }) => events);
  const goesOn = rows.length === 0 && hasNextPage && pages.length < PAGES_BY_ITSELF;
  useEffect(() => {
    if (goesOn && !isFetchingNextPage) void fetchNextPage();
  }, [goesOn, isFetchingNextPage, fetchNextPage]);
  if (audit.data === undefined)
    return audit.isError ? <ErrorState error={audit.error} retry={() => void audit.refetch()} /> : <Loading lines={8} />;
  if (goesOn) return <Text c="dimmed">{words.searching}</Text>;
  return (
    <>
      {rows.length === 0 && (
        <EmptyState title={isFiltered(filter) ? words.nothingFound : words.empty}>
          {isFiltered(filter) ? words.nothingFoundText : words.emptyText}
        </EmptyState>
      )}
      <Entries log={log} rows={rows} onFilter={onFilter} />
      <More pages={audit} label={words.older} />
      {audit.isError && <ErrorState error={audit.error} retry={() => void fetchNextPage()} />}
    </>
  );
}
