/** What the pages of this room request, and what they forget when something changed. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { credentialsKey } from '../kit/credential-list.ts';
import type { Scope } from '../kit/credential-scope.ts';
import { useEnds } from '../kit/ends.tsx';
import { ask } from '../lib/ask.ts';
import type { Wish } from './draft.ts';
import type { CatalogueEntry } from './permission-choice.ts';

export type Detail = Api['GET /tokens/:id']['answer'];
export type Credential = Detail['credential'];
export type Least = Detail['least'];
export type Undo = NonNullable<Detail['undo']>;
export type Made = Api['POST /tokens']['answer'];

export function useCredential(scope: Scope, id: string, everyMs?: (detail: Detail | undefined) => number | false) {
  return useQuery({
    queryKey: [...credentialsKey(scope), 'one', id],
    queryFn: () => getCredential(scope, id),
    ...(everyMs === undefined
      ? {}
      : { refetchInterval: (query: { state: { data: Detail | undefined } }) => everyMs(query.state.data) }),
  });
}

/** What would end with a key; with a token nothing else ends. */
export function useKeyEnds(scope: Scope, id: number) {
  const params = { account: scope.kind === 'key' ? scope.account : '', id: String(id) };
  return useEnds(['key', id], () => ask('GET /accounts/:account/keys/:id/ends', { params }), scope.kind === 'key');
}

const getCredential = (scope: Scope, id: string): Promise<Detail> =>
  scope.kind === 'token'
    ? ask('GET /tokens/:id', { params: { id } })
    : ask('GET /accounts/:account/keys/:id', { params: { account: scope.account, id } });

/** Empty until it is there, and if the operator has none. */
export function useCatalogue(): readonly CatalogueEntry[] {
  const { data } = useQuery({ queryKey: ['permissions'], queryFn: () => ask('GET /permissions'), staleTime: 300_000 });
  return data?.permissions ?? NONE;
}
const NONE: readonly CatalogueEntry[] = [];

/** The address that the server sees for this browser; null until it is known. */
export function useMyAddress(): string | null {
  const { data } = useQuery({
    queryKey: ['me', 'security'],
    queryFn: () => ask('GET /me/security'),
    staleTime: 300_000,
    retry: false,
  });
  const address = data?.sign_ins.find(({ current }) => current)?.address ?? null;
  return address !== null && /^[0-9a-f:.]+$/i.test(address) ? address : null;
}

/** The verbs of a scope. After each, everything that is shown of its credentials is requested again. */
export function useVerbs(scope: Scope) {
  const client = useQueryClient();
  const changed = async <T>(doing: Promise<T>): Promise<T> => {
    const done = await doing;
    void client.invalidateQueries({ queryKey: credentialsKey(scope) });
    void client.invalidateQueries({ queryKey: ['overview'] });
    return done;
  };
  const verbs = scope.kind === 'token' ? tokenVerbs : keyVerbs(scope.account);
  return {
    create: (wish: Wish & Environment) => changed(verbs.create(wish)),
    rename: (id: number, name: string) => changed(verbs.rename(String(id), name)),
    narrow: ({ id, ...body }: { id: number } & NarrowBody) => changed(verbs.narrow(String(id), body)),
    undoNarrowing: (id: number) => changed(verbs.undoNarrowing(String(id))),
    rotate: ({ id, ...wish }: { id: number } & RotateWish) => changed(verbs.rotate(String(id), wish)),
    endOverlap: (id: number) => changed(verbs.endOverlap(String(id))),
    extendOverlap: (id: number, seconds: number) => changed(verbs.extendOverlap(String(id), seconds)),
    revoke: (id: number) => changed(verbs.revoke(String(id))),
  };
}

type NarrowBody = Api['POST /tokens/:id/narrow']['body'];
interface Environment {
  readonly environment: 'live' | 'test';
}
interface RotateWish {
  readonly overlapSeconds: number;
  readonly revokeJwts: boolean;
}
interface Verbs {
  create(wish: Wish & Environment): Promise<Made>;
  rename(id: string, name: string): Promise<unknown>;
  narrow(id: string, body: NarrowBody): Promise<unknown>;
  undoNarrowing(id: string): Promise<unknown>;
  rotate(id: string, wish: RotateWish): Promise<Made>;
  endOverlap(id: string): Promise<unknown>;
  extendOverlap(id: string, seconds: number): Promise<unknown>;
  revoke(id: string): Promise<unknown>;
}

const tokenVerbs: Verbs = {
  create: ({ environment: _, ...body }) => ask('POST /tokens', { body }),
  rename: (id, name) => ask('PATCH /tokens/:id', { params: { id }, body: { name } }),
  narrow: (id, body) => ask('POST /tokens/:id/narrow', { params: { id }, body }),
  undoNarrowing: (id) => ask('POST /tokens/:id/narrow/undo', { params: { id } }),
  rotate: (id, { overlapSeconds }) =>
    ask('POST /tokens/:id/rotate', { params: { id }, body: { overlap_seconds: overlapSeconds } }),
  endOverlap: (id) => ask('POST /tokens/:id/overlap/end', { params: { id } }),
  extendOverlap: (id, seconds) => ask('POST /tokens/:id/overlap/extend', { params: { id }, body: { seconds } }),
  revoke: (id) => ask('DELETE /tokens/:id', { params: { id } }),
};

const keyVerbs = (account: string): Verbs => ({
  create: (body) => ask('POST /accounts/:account/keys', { params: { account }, body }),
  rename: (id, name) => ask('PATCH /accounts/:account/keys/:id', { params: { account, id }, body: { name } }),
  narrow: (id, body) => ask('POST /accounts/:account/keys/:id/narrow', { params: { account, id }, body }),
  undoNarrowing: (id) => ask('POST /accounts/:account/keys/:id/narrow/undo', { params: { account, id } }),
  rotate: (id, { overlapSeconds, revokeJwts }) =>
    ask('POST /accounts/:account/keys/:id/rotate', {
      params: { account, id },
      body: { overlap_seconds: overlapSeconds, revoke_jwts: revokeJwts },
    }),
  endOverlap: (id) => ask('POST /accounts/:account/keys/:id/overlap/end', { params: { account, id } }),
  extendOverlap: (id, seconds) =>
    ask('POST /accounts/:account/keys/:id/overlap/extend', { params: { account, id }, body: { seconds } }),
  revoke: (id) => ask('DELETE /accounts/:account/keys/:id', { params: { account, id } }),
});
