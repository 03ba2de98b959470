import { useQuery } from '@tanstack/react-query';
import { loadState, type State } from '../lib/state.ts';

const NAMELESS: State['brand'] = { name: 'Keyhouse', accent: '#2f5d50', logo_url: null };

/** What the operator calls this place, and its logo. */
export function useBrand(): State['brand'] {
  return useQuery({ queryKey: ['state'], queryFn: loadState, staleTime: Number.POSITIVE_INFINITY }).data?.brand ?? NAMELESS;
}
