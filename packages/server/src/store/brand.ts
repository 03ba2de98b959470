/** The operator's branding, kept in `settings`: a name, a colour and a logo. */
import type { BrandStore, StoredBrand } from '../core/branding/brand.ts';
import type { Act } from './act.ts';
import type { Db } from './prepared.ts';
import { putSetting } from './settings.ts';

export function brandReads(db: Db): Pick<BrandStore, 'findBrand'> {
  return {
    async findBrand() {
      const rows = await db.selectFrom('settings').selectAll().where('name', 'in', ['brand', 'brand_logo']).execute();
      const values = new Map(rows.map(({ name, value }) => [name, JSON.parse(value) as unknown]));
      const brand = values.get('brand') as Pick<StoredBrand, 'name' | 'accent'> | undefined;
      if (brand === undefined) return null;
      return { ...brand, logo: (values.get('brand_logo') as StoredBrand['logo'] | undefined) ?? null };
    },
  };
}

export const brandActs = {
  async setBrand(act: Act, { name, accent, logo, event }: Parameters<BrandStore['setBrand']>[0]): Promise<void> {
    await putSetting(act.db, 'brand', JSON.stringify({ name, accent }));
    if (logo === null) await act.db.deleteFrom('settings').where('name', '=', 'brand_logo').execute();
    if (logo) await putSetting(act.db, 'brand_logo', JSON.stringify(logo));
    act.change({ kind: 'brand', id: '', beforeMs: null, endsAtMs: null });
    act.event(event);
  },
};
