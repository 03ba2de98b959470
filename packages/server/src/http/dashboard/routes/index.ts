/** Every handler of the private API. */
import type { DashboardPorts, Serve } from '../serve.ts';
import { invitationsRoutes } from './invitations.ts';
import { meRoutes } from './me.ts';
import { operatorBrandRoutes } from './operator-brand.ts';
import { operatorHealthRoutes } from './operator-health.ts';
import { operatorKeysRoutes } from './operator-keys.ts';
import { operatorPermissionsRoutes } from './operator-permissions.ts';
import { operatorUsersRoutes } from './operator-users.ts';
import { teamsRoutes } from './teams.ts';

export function dashboardRoutes(serve: Serve, ports: DashboardPorts): void {
  meRoutes(serve, ports);
  teamsRoutes(serve, ports);
  invitationsRoutes(serve, ports);
  operatorUsersRoutes(serve, ports);
  operatorPermissionsRoutes(serve, ports);
  operatorKeysRoutes(serve, ports);
  operatorHealthRoutes(serve, ports);
  operatorBrandRoutes(serve, ports);
}
