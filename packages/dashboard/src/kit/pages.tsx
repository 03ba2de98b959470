/**
 * Lists that come in pages, newest first: the next one is fetched on request (`More` in `table.tsx`), and is shown below the
 * previous ones.
 */
import { keepPreviousData, type QueryKey, useInfiniteQuery } from '@tanstack/react-query';

export interface Paged {
  readonly next: string | null;
}

/** The parameters of a query for the next page: `{ before }`, or nothing for the first one. */
export type PageQuery = { readonly before?: string };

interface Options {
  /** Whether the old list stays while another search is running. */
  readonly keepsPrevious?: boolean;
}

/**
 * `load` requests one page; `rowsOf` takes the rows from it. Everything that narrows the list belongs in the key. `rows` is
 * undefined until the first page is there.
 */
export function usePages<Page extends Paged, Row>(
  key: QueryKey,
  load: (query: PageQuery) => Promise<Page>,
  rowsOf: (page: Page) => readonly Row[],
  { keepsPrevious = false }: Options = {},
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam === null ? {} : { before: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    ...(keepsPrevious ? { placeholderData: keepPreviousData } : {}),
  });
  return { query, rows: query.data?.pages.flatMap(rowsOf), first: query.data?.pages[0] };
}
