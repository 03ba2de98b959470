/** Every handler of the private API. */
import type { DashboardPorts, Serve } from '../serve.ts';
import { meRoutes } from './me.ts';

export function dashboardRoutes(serve: Serve, ports: DashboardPorts): void {
  meRoutes(serve, ports);
}
