/** Where one can go: in the account that is chosen, in the person's settings, in the operator's rooms. */
import { Link } from '@tanstack/react-router';
import { AppWindow, Building2, House, KeyRound, type LucideIcon, ScrollText, Users, Wrench } from 'lucide-react';
import styles from './layout.module.css';
import { type Account, hasRole } from './session.ts';
import { words } from './words.ts';

interface Place {
  readonly to: string;
  readonly label: string;
  readonly icon?: LucideIcon;
}

const SETTINGS: readonly Place[] = [
  { to: '/settings/profile', label: words.profile },
  { to: '/settings/security', label: words.security },
  { to: '/settings/applications', label: words.connected },
  { to: '/settings/developers', label: words.developers },
];

const OPERATOR: readonly Place[] = [
  { to: '/operator/users', label: words.users },
  { to: '/operator/accounts', label: words.accounts },
  { to: '/operator/applications', label: words.applications },
  { to: '/operator/permissions', label: words.permissions },
  { to: '/operator/routes', label: words.routes },
  { to: '/operator/signing-keys', label: words.signingKeys },
  { to: '/operator/mails', label: words.mails },
  { to: '/operator/limits', label: words.limits },
  { to: '/operator/health', label: words.health },
  { to: '/operator/audit', label: words.wholeAudit },
  { to: '/operator/brand', label: words.brand },
];

interface Props {
  readonly account: Account | null;
  readonly isAdministrator: boolean;
  /** As the browser shows it, `/dashboard` included. */
  readonly pathname: string;
}

export function Navigation({ account, isAdministrator, pathname }: Props) {
  const here = pathname.replace(/^\/dashboard/, '').replace(/\/$/, '');
  return (
    <div className={styles.side}>
      <List label={words.mainNavigation} places={placesOf(account, isAdministrator)} here={here} />
      {isWithin(here, '/settings') && <List label={words.settingsNavigation} places={SETTINGS} here={here} isTitled />}
      {isWithin(here, '/operator') && isAdministrator && (
        <List label={words.operatorNavigation} places={OPERATOR} here={here} isTitled />
      )}
    </div>
  );
}

function placesOf(account: Account | null, isAdministrator: boolean): readonly Place[] {
  const operator: Place[] = isAdministrator ? [{ to: '/operator', label: words.operator, icon: Wrench }] : [];
  if (account === null) return operator;
  const base = `/accounts/${account.id}`;
  const isTeam = account.kind === 'team';
  return [
    { to: base, label: words.home, icon: House },
    { to: `${base}/keys`, label: words.keys, icon: KeyRound },
    { to: `${base}/applications`, label: words.applications, icon: AppWindow },
    ...(isTeam ? [{ to: `${base}/members`, label: words.members, icon: Users }] : []),
    { to: `${base}/audit`, label: words.audit, icon: ScrollText },
    ...(isTeam && hasRole(account, 'admin') ? [{ to: `${base}/settings`, label: words.teamSettings, icon: Building2 }] : []),
    ...operator,
  ];
}

const isWithin = (here: string, to: string): boolean => here === to || here.startsWith(`${to}/`);

/** The home page of an account is not the place of all its other pages; that of the personal one is also the dashboard's. */
const isCurrent = (here: string, to: string): boolean =>
  /^\/accounts\/\d+$/.test(to) ? here === to || here === '' : isWithin(here, to);

/** On a narrow screen the list is a strip that can be pushed; where one is must be seen. */
function show(link: HTMLAnchorElement | null): void {
  const strip = link?.closest('ul');
  if (link && strip) strip.scrollLeft = link.offsetLeft - (strip.clientWidth - link.clientWidth) / 2;
}

function List({
  label,
  places,
  here,
  isTitled = false,
}: {
  label: string;
  places: readonly Place[];
  here: string;
  isTitled?: boolean;
}) {
  return (
    <nav aria-label={label} className={styles.nav}>
      {isTitled && <p className={styles.navTitle}>{label}</p>}
      <ul>
        {places.map(({ to, label: name, icon: Icon }) => {
          const isHere = isCurrent(here, to);
          return (
            <li key={to}>
              <Link
                to={to}
                // Which one is the current place is judged here, by `isHere`.
                activeOptions={{ exact: true }}
                className={styles.navLink}
                {...(isHere ? { 'aria-current': 'page', ref: show } : { 'aria-current': undefined })}
              >
                {Icon !== undefined && <Icon size={18} aria-hidden="true" />}
                <span>{name}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
