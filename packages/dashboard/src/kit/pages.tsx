/** Lists that come in pages, newest first: the next one is fetched when it is asked for (`More` in `table.tsx`), and stands below those before. */
import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query';

interface Paged {
  readonly next: string | null;
}

/** What a query takes to go on after the page before: `{ before }`, or nothing for the first one. */
export type PageQuery = { readonly before?: string };

/** `load` asks for one page; `rows` takes the rows out of it. Everything that narrows the list belongs into the key. */
export function usePages<Page extends Paged, Row>(
  key: QueryKey,
  load: (query: PageQuery) => Promise<Page>,
  rows: (page: Page) => readonly Row[],
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam === null ? {} : { before: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
  return { query, rows: query.data?.pages.flatMap(rows), first: query.data?.pages[0] };
}
