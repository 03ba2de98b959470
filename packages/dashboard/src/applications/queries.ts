/** What the pages of this room request, and what they forget when something changed. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Api, ask } from '../lib/ask.ts';

export type Row = Api['GET /accounts/:account/applications']['answer']['applications'][number];
export type Detail = Api['GET /accounts/:account/applications/:id']['answer'];
export type Application = Detail['application'];
export type Session = Detail['sessions'][number];
export type Made = Api['POST /accounts/:account/applications']['answer'];
export type Wish = Api['POST /accounts/:account/applications']['body'];
export type Change = Api['PATCH /accounts/:account/applications/:id']['body'];
export type Catalogue = Api['GET /permissions']['answer']['permissions'];

const keyOf = (account: string) => ['applications', account] as const;

export function useApplications(account: string) {
  return useInfiniteQuery({
    queryKey: [...keyOf(account), 'list'],
    queryFn: ({ pageParam }) =>
      ask('GET /accounts/:account/applications', {
        params: { account },
        query: pageParam === null ? {} : { before: pageParam },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
}

export const useApplication = (account: string, id: string) =>
  useQuery({
    queryKey: [...keyOf(account), 'one', id],
    queryFn: () => ask('GET /accounts/:account/applications/:id', { params: { account, id } }),
  });

/** The choices; undefined until they are known, so that nobody types names for which there are boxes. */
export const useCatalogue = () =>
  useQuery({ queryKey: ['permissions'], queryFn: () => ask('GET /permissions'), staleTime: 300_000 });

/** The verbs of an account. After each, everything that is shown of its applications is requested again. */
export function useVerbs(account: string) {
  const client = useQueryClient();
  const changed = async <T>(doing: Promise<T>): Promise<T> => {
    const done = await doing;
    void client.invalidateQueries({ queryKey: keyOf(account) });
    return done;
  };
  const paramsOf = (id: number) => ({ params: { account, id: String(id) } });
  return {
    create: (body: Wish) => changed(ask('POST /accounts/:account/applications', { params: { account }, body })),
    update: (id: number, body: Change) => changed(ask('PATCH /accounts/:account/applications/:id', { ...paramsOf(id), body })),
    rotate: (id: number, overlapSeconds: number) =>
      changed(
        ask('POST /accounts/:account/applications/:id/secret', { ...paramsOf(id), body: { overlap_seconds: overlapSeconds } }),
      ),
    endOverlap: (id: number) => changed(ask('POST /accounts/:account/applications/:id/secret/end-overlap', paramsOf(id))),
    remove: (id: number) => changed(ask('DELETE /accounts/:account/applications/:id', paramsOf(id))),
    endSession: (id: number, session: string) =>
      changed(
        ask('DELETE /accounts/:account/applications/:id/sessions/:session', { params: { account, id: String(id), session } }),
      ),
  };
}
