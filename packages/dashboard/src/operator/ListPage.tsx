/**
 * A list for administrators: heading, search field, table, the next page. Each list defines its request, its columns and its
 * words; a list that comes complete says that there is no next page (`whole`).
 */
import { Stack } from '@mantine/core';
import type { QueryKey } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { AdministratorsOnly } from '../kit/administrators-only.tsx';
import { ErrorState } from '../kit/errors.tsx';
import { type Paged, type PageQuery, usePages } from '../kit/pages.tsx';
import { EmptyState, Loading, PageHeader } from '../kit/states.tsx';
import { type Column, DataTable, More } from '../kit/table.tsx';
import { SearchField, useSearch } from './search.tsx';
import { words } from './words.ts';

interface ListWords {
  readonly title: string;
  readonly intro: string;
  /** What the table is called. */
  readonly list: string;
  /** The label of the search field; without it, there is none. */
  readonly search?: string;
  /** While there is not a single row. If a list always has one, it is left out. */
  readonly empty?: string;
  readonly emptyText?: string;
}

interface Props<Page extends Paged, Row> {
  readonly said: ListWords;
  readonly queryKey: QueryKey;
  readonly ask: (query: PageQuery & { readonly q?: string }) => Promise<Page>;
  readonly rowsOf: (page: Page) => readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly columns: readonly Column<Row>[];
  /** In the heading: further actions. */
  readonly actions?: ReactNode;
  /** Above the table; `first` is undefined until the first page is there. */
  readonly above?: (first: Page | undefined) => ReactNode;
  readonly below?: (first: Page) => ReactNode;
}

/** An answer that contains the whole list, as its only page. */
export const whole = <Answer extends object>(answer: Answer): Answer & Paged => ({ ...answer, next: null });

export const ListPage = <Page extends Paged, Row>(props: Props<Page, Row>) => (
  <AdministratorsOnly>
    <List {...props} />
  </AdministratorsOnly>
);

function List<Page extends Paged, Row>({ said, queryKey, ask, rowsOf, keyOf, columns, actions, above, below }: Props<Page, Row>) {
  const search = useSearch();
  const isSearched = search.query !== '';
  const { query, rows, first } = usePages(
    [...queryKey, 'list', search.query],
    (page) => ask({ ...page, ...(isSearched ? { q: search.query } : {}) }),
    rowsOf,
    // The table stays while the user types.
    { keepsPrevious: true },
  );
  return (
    <Stack gap="lg">
      <PageHeader title={said.title} intro={said.intro}>
        {actions}
      </PageHeader>
      {said.search !== undefined && <SearchField label={said.search} text={search.text} onChange={search.setText} />}
      {above?.(first)}
      {rows === undefined &&
        (query.isError ? <ErrorState error={query.error} retry={() => void query.refetch()} /> : <Loading />)}
      {rows?.length === 0 && <Empty said={said} isSearched={isSearched} />}
      {rows !== undefined && rows.length > 0 && <DataTable label={said.list} rows={rows} keyOf={keyOf} columns={columns} />}
      <More pages={query} />
      {first !== undefined && below?.(first)}
    </Stack>
  );
}

const Empty = ({ said, isSearched }: { said: ListWords; isSearched: boolean }) =>
  isSearched || said.empty === undefined ? (
    <EmptyState title={words.nothingFound}>{words.nothingFoundText}</EmptyState>
  ) : (
    <EmptyState title={said.empty}>{said.emptyText}</EmptyState>
  );
