import { useQuery, useQueryClient } from '@tanstack/react-query';
import { applyAccent } from '../lib/accent.ts';
import { type Brand, brandOfPage } from '../lib/state.ts';

const BRAND = ['brand'] as const;

/** The operator's name, and its logo. */
export const useBrand = (): Brand =>
  useQuery({ queryKey: BRAND, queryFn: brandOfPage, initialData: brandOfPage, staleTime: Number.POSITIVE_INFINITY }).data;

/** After an administrator has set it: at once on this page, with the next load on the others. */
export function useChangeBrand(): (brand: Brand) => void {
  const queries = useQueryClient();
  return (brand) => {
    applyAccent(brand.accent);
    queries.setQueryData(BRAND, brand);
  };
}
