/** What this page asks, and what it forgets when something changed. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ME } from '../../kit/session.ts';
import { type Api, ask } from '../../lib/ask.ts';
import { loadState } from '../../lib/state.ts';

export type Security = Api['GET /me/security']['answer'];

export const useSecurity = () => useQuery({ queryKey: [...ME, 'security'], queryFn: () => ask('GET /me/security') });

/** What the server offers: passkeys, other providers. */
export const useOffers = () => useQuery({ queryKey: ['state'], queryFn: loadState, staleTime: Number.POSITIVE_INFINITY });

/** The ways to give a proof may have changed too. */
export function useChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ME });
}
