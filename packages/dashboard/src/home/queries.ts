/** What the overview page requests. While the first request is awaited, it asks again every few seconds. */
import { useQuery } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { ask } from '../lib/ask.ts';

export type HomeAnswer = Api['GET /accounts/:account/home']['answer'];
export type Notice = HomeAnswer['notices'][number];

/** Uses are written every few seconds; asking more often would show nothing sooner. */
const AWAIT_EVERY_MS = 3000;

export function useHome(account: string) {
  return useQuery({
    queryKey: ['home', account],
    queryFn: () => ask('GET /accounts/:account/home', { params: { account } }),
    refetchInterval: ({ state: { data } }) => (data === undefined || data.has_request ? false : AWAIT_EVERY_MS),
  });
}
