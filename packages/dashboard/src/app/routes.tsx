/** Every page and its path, below `/dashboard`. Each is a separate file that is loaded when it is opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { NotFound } from '../kit/not-found.tsx';
import { Loading } from '../kit/states.tsx';
import { Broken } from './Broken.tsx';
import { Layout } from './Layout.tsx';

const root = createRootRoute({ component: Layout, notFoundComponent: NotFound, errorComponent: Broken });

const page = <Module extends Record<string, unknown>>(path: string, load: () => Promise<Module>, name: keyof Module & string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name),
  });

const to = (path: string, target: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    beforeLoad: () => {
      throw redirect({ to: target });
    },
  });

const routes = [
  page('/', () => import('../overview/OverviewPage.tsx'), 'OverviewPage'),
  to('/settings', '/settings/profile'),
  to('/operator', '/operator/users'),
  page('/settings/profile', () => import('../accounts/profile/ProfilePage.tsx'), 'ProfilePage'),
  page('/settings/security', () => import('./pages/SecurityPage.tsx'), 'SecurityPage'),
  page('/settings/applications', () => import('../sessions/ConnectedPage.tsx'), 'ConnectedPage'),
  page('/settings/developers', () => import('../credentials/pages.tsx'), 'TokensPage'),
  page('/settings/developers/$id', () => import('../credentials/pages.tsx'), 'TokenPage'),
  page('/accounts/$account', () => import('../overview/OverviewPage.tsx'), 'OverviewPage'),
  page('/accounts/$account/keys', () => import('../credentials/pages.tsx'), 'KeysPage'),
  page('/accounts/$account/keys/$id', () => import('./pages/KeyPage.tsx'), 'KeyPage'),
  page('/accounts/$account/applications', () => import('../applications/pages.tsx'), 'ApplicationsPage'),
  page('/accounts/$account/applications/$id', () => import('../applications/pages.tsx'), 'ApplicationPage'),
  page('/accounts/$account/audit', () => import('../audit/pages.tsx'), 'AuditPage'),
  page('/new-team', () => import('../accounts/team/pages.tsx'), 'NewTeamPage'),
  page('/accounts/$account/members', () => import('../accounts/team/pages.tsx'), 'MembersPage'),
  page('/accounts/$account/settings', () => import('../accounts/team/pages.tsx'), 'TeamSettingsPage'),
  page('/operator/users', () => import('../operator/UsersPage.tsx'), 'UsersPage'),
  page('/operator/users/$id', () => import('../operator/UserPage.tsx'), 'UserPage'),
  page('/operator/accounts', () => import('../operator/AccountsPage.tsx'), 'AccountsPage'),
  page('/operator/accounts/$id', () => import('../operator/AccountPage.tsx'), 'AccountPage'),
  page('/operator/applications', () => import('../operator/ApplicationsPage.tsx'), 'OperatorApplicationsPage'),
  page('/operator/permissions', () => import('../permissions/pages.tsx'), 'OperatorCataloguePage'),
  page('/operator/routes', () => import('../permissions/pages.tsx'), 'OperatorRoutesPage'),
  page('/operator/signing-keys', () => import('../operator/SigningKeysPage.tsx'), 'SigningKeysPage'),
  page('/operator/mails', () => import('../operator/MailsPage.tsx'), 'MailsPage'),
  page('/operator/mails/$id', () => import('../operator/MailPage.tsx'), 'MailPage'),
  page('/operator/limits', () => import('../operator/LimitsPage.tsx'), 'LimitsPage'),
  page('/operator/health', () => import('../operator/HealthPage.tsx'), 'HealthPage'),
  page('/operator/audit', () => import('../audit/ServerAuditPage.tsx'), 'ServerAuditPage'),
  page('/operator/brand', () => import('../operator/BrandPage.tsx'), 'BrandPage'),
];

export const createAppRouter = () =>
  createRouter({
    routeTree: root.addChildren(routes),
    basepath: '/dashboard',
    defaultPreload: 'intent',
    defaultErrorComponent: Broken,
    defaultPendingComponent: Loading,
    defaultPendingMs: 300,
    scrollRestoration: true,
  });
