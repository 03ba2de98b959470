/** The log of an account, or of the server. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { ask, urlOf } from '../lib/ask.ts';
import { type Filter, queryOf } from './filter.ts';

export type AuditRow = Api['GET /accounts/:account/audit']['answer']['events'][number];

/** An account's, or (null) the server's. */
export type Log = { readonly account: string } | null;

export const AUDIT = ['audit'] as const;

export function useAudit(log: Log, filter: Filter) {
  return useInfiniteQuery({
    queryKey: [...AUDIT, log?.account ?? 'whole', filter],
    queryFn: ({ pageParam }) => {
      const query = { ...queryOf(filter), ...(pageParam === null ? {} : { before: pageParam }) };
      if (log === null) return ask('GET /operator/audit', { query });
      return ask('GET /accounts/:account/audit', { params: log, query: withoutSubject(query) });
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
}

/** A refusal is written some seconds after it happened: requested again until it is there, for half a minute. */
const LOOKS = 10;
export function useDecision(log: Log, requestId: string) {
  return useQuery({
    queryKey: [...AUDIT, 'decision', log?.account ?? 'whole', requestId],
    queryFn: async () => {
      const query = { request_id: requestId };
      const answer =
        log === null
          ? await ask('GET /operator/audit', { query })
          : await ask('GET /accounts/:account/audit', { params: log, query });
      return answer.events;
    },
    refetchInterval: ({ state }) => (state.data?.length === 0 && state.dataUpdateCount < LOOKS ? 3000 : false),
  });
}

export function exportUrl(log: Log, filter: Filter, format: 'csv' | 'jsonl'): string {
  const query = { ...queryOf(filter), format };
  if (log === null) return urlOf('GET /operator/audit/export', { query });
  return urlOf('GET /accounts/:account/audit/export', { params: log, query: withoutSubject(query) });
}

function withoutSubject<Query extends { account?: string; user?: string }>(query: Query): Omit<Query, 'account' | 'user'> {
  const { account: _, user: __, ...rest } = query;
  return rest;
}
