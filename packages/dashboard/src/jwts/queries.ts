/** What the JWT pages ask the server. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { ask } from '../lib/ask.ts';

export type Jwt = Api['GET /accounts/:account/keys/:id/jwts']['answer']['jwts'][number];
export type Decoded = Api['POST /accounts/:account/jwts/decode']['answer'];

/** A key and the account that owns it, as the address of the page names them. */
export interface KeyRef {
  readonly account: string;
  readonly id: string;
}

const jwtsKey = ({ account, id }: KeyRef) => ['jwts', account, id] as const;

export function useJwts(keyRef: KeyRef, subject: string) {
  return useInfiniteQuery({
    queryKey: [...jwtsKey(keyRef), subject],
    queryFn: ({ pageParam }) =>
      ask('GET /accounts/:account/keys/:id/jwts', {
        params: { ...keyRef },
        query: { ...(pageParam === null ? {} : { before: pageParam }), ...(subject === '' ? {} : { subject }) },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
}

export function useJwtVerbs(keyRef: KeyRef) {
  const client = useQueryClient();
  const { account } = keyRef;
  const changed = async <T>(doing: Promise<T>): Promise<T> => {
    const done = await doing;
    void client.invalidateQueries({ queryKey: jwtsKey(keyRef) });
    return done;
  };
  return {
    decode: (jwt: string) => ask('POST /accounts/:account/jwts/decode', { params: { account }, body: { jwt } }),
    revoke: (jti: string) => changed(ask('DELETE /accounts/:account/jwts/:jti', { params: { account, jti } })),
    revokeAll: () => changed(ask('DELETE /accounts/:account/keys/:id/jwts', { params: { ...keyRef } })),
  };
}
