/** What the JWT pages ask the server. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { ask } from '../lib/ask.ts';

export type Jwt = Api['GET /accounts/:account/keys/:id/jwts']['answer']['jwts'][number];
export type Decoded = Api['POST /accounts/:account/jwts/decode']['answer'];

/** A key and the account that owns it, as the address of the page names them. */
export interface KeyPlace {
  readonly account: string;
  readonly id: string;
}

const jwtsKey = ({ account, id }: KeyPlace) => ['jwts', account, id] as const;

export function useJwts(place: KeyPlace, subject: string) {
  return useInfiniteQuery({
    queryKey: [...jwtsKey(place), subject],
    queryFn: ({ pageParam }) =>
      ask('GET /accounts/:account/keys/:id/jwts', {
        params: { ...place },
        query: { ...(pageParam === null ? {} : { before: pageParam }), ...(subject === '' ? {} : { subject }) },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
}

export function useJwtVerbs(place: KeyPlace) {
  const client = useQueryClient();
  const { account } = place;
  const changed = async <T>(doing: Promise<T>): Promise<T> => {
    const done = await doing;
    void client.invalidateQueries({ queryKey: jwtsKey(place) });
    return done;
  };
  return {
    decode: (jwt: string) => ask('POST /accounts/:account/jwts/decode', { params: { account }, body: { jwt } }),
    revoke: (jti: string) => changed(ask('DELETE /accounts/:account/jwts/:jti', { params: { account, jti } })),
    revokeAll: () => changed(ask('DELETE /accounts/:account/keys/:id/jwts', { params: { ...place } })),
  };
}
