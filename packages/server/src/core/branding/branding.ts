/**
 * The operator's name, accent colour and logo, as pages and mails show them.
 *
 * Owns: the settings, kept in memory and read again when another server has changed them.
 * Used by: every page and mail, `/dashboard/api/operator/brand`.
 */
import { keepNewest } from '../lib/keep-newest.ts';
import { type Brand, type BrandPorts, DEFAULT_BRAND, loadBrand, setBrand } from './brand.ts';

export type Branding = ReturnType<typeof bindBranding>;

export function bindBranding(ports: BrandPorts) {
  let current: Brand = DEFAULT_BRAND;
  const load = keepNewest(
    () => loadBrand(ports),
    (brand) => {
      current = brand;
    },
  );
  return {
    current: (): Brand => current,
    set: async (input: Parameters<typeof setBrand>[1]): ReturnType<typeof setBrand> => {
      const faults = await setBrand(ports, input);
      if (faults.length === 0) await load();
      return faults;
    },
    load,
  };
}
