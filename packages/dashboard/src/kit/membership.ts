/**
 * Drops a team as soon as the server says that it is not theirs any more: a removed member must not continue to read what this
 * page remembers of it. The list of accounts is requested again when something is refused, and when the window gets the focus
 * again.
 */
import type { QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { helpers } from '../lib/ask.ts';
import { type Account, ME, useMe } from './session.ts';

/** Names of teams that this page has shown and lost, by id. */
const lost = new Map<string, string>();
const listeners = new Set<() => void>();
let known: readonly Account[] = [];

/** To be called once, by the frame around every page. */
export function useMemberships(): void {
  const queries = useQueryClient();
  const { data: me } = useMe();
  const accounts = me?.accounts;
  useEffect(() => {
    if (accounts !== undefined) compare(queries, accounts);
  }, [queries, accounts]);
  useEffect(() => {
    const askAgain = (): void => void queries.invalidateQueries({ queryKey: ME, exact: true });
    const onVisible = (): void => {
      if (document.visibilityState === 'visible') askAgain();
    };
    helpers.onRefused = askAgain;
    window.addEventListener('focus', onVisible);
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      helpers.onRefused = null;
      window.removeEventListener('focus', onVisible);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [queries]);
}

function compare(queries: QueryClient, accounts: readonly Account[]): void {
  const gone = known.filter(({ id }) => !accounts.some((account) => account.id === id));
  for (const { id, name } of gone) {
    lost.set(String(id), name);
    queries.removeQueries({ predicate: ({ queryKey }) => names(queryKey, String(id)) });
  }
  for (const { id } of accounts) lost.delete(String(id));
  known = accounts;
  for (const listener of listeners) listener();
}

/** Whether the key of a query names an account, anywhere in it. Another thing with the same number is only requested again. */
function names(part: unknown, id: string): boolean {
  if (typeof part !== 'object' || part === null) return String(part) === id;
  return Object.values(part).some((each) => names(each, id));
}

const listen = (changed: () => void): (() => void) => {
  listeners.add(changed);
  return () => listeners.delete(changed);
};

/** The name of the team, if it was theirs until a moment ago. */
export const useLost = (account: string | undefined): string | undefined =>
  useSyncExternalStore(listen, () => (account === undefined ? undefined : lost.get(account)));
