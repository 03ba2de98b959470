/** Lists that come in pages, newest first: the next one is fetched when it is asked for (`More` in `table.tsx`), and stands below those before. */
import { keepPreviousData, type QueryKey, useInfiniteQuery } from '@tanstack/react-query';

export interface Paged {
  readonly next: string | null;
}

/** What a query takes to go on after the page before: `{ before }`, or nothing for the first one. */
export type PageQuery = { readonly before?: string };

interface Options {
  /** Whether the old list stays while a search for another is on its way. */
  readonly keepsPrevious?: boolean;
}

/** `load` asks for one page; `rowsOf` takes the rows out of it. Everything that narrows the list belongs into the key. `rows` is undefined until the first page is there. */
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
