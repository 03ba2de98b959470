/** What the overview page requests. While the first request is awaited, it asks again every few seconds. */
import { useQuery } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { ask } from '../lib/ask.ts';

export type Overview = Api['GET /accounts/:account/home']['answer'];
export type Notice = Overview['notices'][number];

/** Uses are written every few seconds; asking more often would show nothing sooner. */
const AWAIT_EVERY_MS = 3000;

export function useOverview(account: string) {
  return useQuery({
    queryKey: ['overview', account],
    queryFn: () => ask('GET /accounts/:account/home', { params: { account } }),
    refetchInterval: ({ state: { data } }) => (data === undefined || data.has_request ? false : AWAIT_EVERY_MS),
  });
}
