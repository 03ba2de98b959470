/** All places: in the chosen account, in the user's settings, in the pages of administrators. */
import { AppWindow, Building2, House, KeyRound, type LucideIcon, ScrollText, Users, Wrench } from 'lucide-react';
import { type Account, hasRole } from '../kit/session.ts';
import { words } from './words.ts';

export interface NavigationEntry {
  readonly to: string;
  readonly label: string;
  readonly icon?: LucideIcon;
}

export const SETTINGS: readonly NavigationEntry[] = [
  { to: '/settings/profile', label: words.profile },
  { to: '/settings/security', label: words.security },
  { to: '/settings/applications', label: words.connected },
  { to: '/settings/developers', label: words.developers },
];

export const ADMINISTRATION: readonly NavigationEntry[] = [
  { to: '/operator/users', label: words.users },
  { to: '/operator/accounts', label: words.accounts },
  { to: '/operator/applications', label: words.applications },
  { to: '/operator/permissions', label: words.permissions },
  { to: '/operator/routes', label: words.routes },
  { to: '/operator/signing-keys', label: words.signingKeys },
  { to: '/operator/mails', label: words.mails },
  { to: '/operator/limits', label: words.limits },
  { to: '/operator/health', label: words.health },
  { to: '/operator/audit', label: words.serverAudit },
  { to: '/operator/brand', label: words.brand },
];

export const TO_ADMINISTRATION: NavigationEntry = { to: '/operator', label: words.administration, icon: Wrench };

export function entriesOf(account: Account | null): readonly NavigationEntry[] {
  if (account === null) return [];
  const base = `/accounts/${account.id}`;
  const isTeam = account.kind === 'team';
  return [
    { to: base, label: words.home, icon: House },
    { to: `${base}/keys`, label: words.keys, icon: KeyRound },
    { to: `${base}/applications`, label: words.applications, icon: AppWindow },
    ...(isTeam ? [{ to: `${base}/members`, label: words.members, icon: Users }] : []),
    { to: `${base}/audit`, label: words.audit, icon: ScrollText },
    ...(isTeam && hasRole(account, 'admin') ? [{ to: `${base}/settings`, label: words.teamSettings, icon: Building2 }] : []),
  ];
}

/** A path as the router names it: without `/dashboard`, which every address of a page begins with. */
export const pathOf = (pathname: string): string => pathname.replace(/^\/dashboard/, '').replace(/\/$/, '');

export const isWithin = (here: string, to: string): boolean => here === to || here.startsWith(`${to}/`);

/** The overview of an account is not the place of all its other pages; that of the personal one is also the dashboard's. */
export const isCurrent = (here: string, to: string): boolean =>
  /^\/accounts\/\d+$/.test(to) ? here === to || here === '' : isWithin(here, to);

/** What the page is called in the navigation; undefined if no link leads to it. */
export const labelOf = (here: string, account: Account | null): string | undefined =>
  [...entriesOf(account), ...SETTINGS, ...ADMINISTRATION].find(({ to }) => isCurrent(here, to))?.label;
