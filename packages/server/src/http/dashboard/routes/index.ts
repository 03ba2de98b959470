/** Every handler of the private API. */
import type { DashboardPorts, Serve } from '../serve.ts';
import { applicationsRoutes } from './applications.ts';
import { auditRoutes } from './audit.ts';
import { connectedRoutes } from './connected.ts';
import { consentRoutes } from './consent.ts';
import { endsRoutes } from './ends.ts';
import { gettingInRoutes } from './getting-in.ts';
import { homeRoutes } from './home.ts';
import { invitationsRoutes } from './invitations.ts';
import { jwtsRoutes } from './jwts.ts';
import { keysRoutes } from './keys.ts';
import { mailsRoutes } from './mails.ts';
import { meRoutes } from './me.ts';
import { operatorAccountsRoutes } from './operator-accounts.ts';
import { operatorApplicationsRoutes } from './operator-applications.ts';
import { operatorBrandRoutes } from './operator-brand.ts';
import { operatorHealthRoutes } from './operator-health.ts';
import { operatorKeysRoutes } from './operator-keys.ts';
import { operatorPermissionsRoutes } from './operator-permissions.ts';
import { operatorUsersRoutes } from './operator-users.ts';
import { teamsRoutes } from './teams.ts';
import { tokensRoutes } from './tokens.ts';

export function dashboardRoutes(serve: Serve, ports: DashboardPorts): void {
  gettingInRoutes(serve, ports);
  consentRoutes(serve, ports);
  meRoutes(serve, ports);
  mailsRoutes(serve, ports);
  tokensRoutes(serve, ports);
  keysRoutes(serve, ports);
  jwtsRoutes(serve, ports);
  applicationsRoutes(serve, ports);
  connectedRoutes(serve, ports);
  auditRoutes(serve, ports);
  homeRoutes(serve, ports);
  teamsRoutes(serve, ports);
  invitationsRoutes(serve, ports);
  endsRoutes(serve, ports);
  operatorUsersRoutes(serve, ports);
  operatorAccountsRoutes(serve, ports);
  operatorPermissionsRoutes(serve, ports);
  operatorApplicationsRoutes(serve, ports);
  operatorKeysRoutes(serve, ports);
  operatorHealthRoutes(serve, ports);
  operatorBrandRoutes(serve, ports);
}
