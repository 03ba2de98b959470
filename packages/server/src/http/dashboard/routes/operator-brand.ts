import { refuseFaults } from '../../faults.ts';
import { describeBrand } from '../brand.ts';
import type { DashboardPorts, Serve } from '../serve.ts';

export function operatorBrandRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('GET /operator/brand', () => describeBrand(keyhouse.branding.current()));

  serve('PUT /operator/brand', async ({ body: { name, accent, logo }, by }) => {
    const faults = await keyhouse.branding.set({ wish: { name, accent, logo }, by });
    if (faults.length > 0) throw refuseFaults(faults);
  });
}
