/** The frame around every page: who you are, which account it is about, where else to go. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import {
  Activity,
  Building2,
  House,
  KeyRound,
  LogOut,
  Moon,
  ScrollText,
  Settings,
  Sun,
  SunMoon,
  Users,
  Wrench,
} from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useBrand } from '../kit/brand.ts';
import { ask } from '../lib/ask.ts';
import { applyScheme, readScheme, type Scheme, writeScheme } from '../lib/color-scheme.ts';
import styles from './layout.module.css';
import { type Account, hasRole, useAccount, useMe } from './session.ts';
import { words } from './words.ts';

export function Layout() {
  const account = useAccount();
  const me = useMe();
  const { pathname } = useRouterState({ select: (state) => state.location });
  const main = useRef<HTMLElement>(null);
  // A new page begins at its top, for readers of screens too.
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current !== pathname) main.current?.focus({ preventScroll: true });
    previous.current = pathname;
  }, [pathname]);
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        {words.skip}
      </a>
      <Header account={account ?? null} />
      <Offline />
      {me.data !== undefined && !me.data.user.email_verified && <Unverified email={me.data.user.email} />}
      <div className={styles.body}>
        <Navigation account={account ?? null} isAdministrator={me.data?.user.administrator ?? false} pathname={pathname} />
        <main id="content" ref={main} tabIndex={-1} className={styles.main}>
          <Outlet />
        </main>
      </div>
    </div>
  );
}

function Header({ account }: { account: Account | null }) {
  const brand = useBrand();
  const logOut = useMutation({ mutationFn: () => ask('POST /log-out'), onSettled: () => window.location.assign('/login') });
  return (
    <header className={styles.header}>
      <Link to="/" className={styles.brand}>
        {brand.logo_url === null ? (
          <KeyRound size={20} aria-hidden="true" />
        ) : (
          <img src={brand.logo_url} alt="" className={styles.logo} />
        )}
        <span>{brand.name}</span>
      </Link>
      <Switcher account={account} />
      <div className={styles.headerEnd}>
        <Link to="/settings/profile" className={styles.headerLink} activeProps={{ 'aria-current': 'page' }}>
          <Settings size={18} aria-hidden="true" />
          <span>{words.accountSettings}</span>
        </Link>
        <ThemeSwitch />
        <button
          type="button"
          className={styles.iconButton}
          aria-label={words.logOut}
          title={words.logOut}
          onClick={() => logOut.mutate()}
        >
          <LogOut size={18} aria-hidden="true" />
        </button>
      </div>
    </header>
  );
}

const NEW_TEAM = 'new-team';

/** A plain select: it works with every keyboard, screen reader and telephone. */
function Switcher({ account }: { account: Account | null }) {
  const me = useMe();
  const navigate = useNavigate();
  const accounts = me.data?.accounts ?? [];
  const name = ({ kind, name: own }: Account): string => (kind === 'personal' ? words.personal : own);
  return (
    <select
      className={styles.switcher}
      aria-label={words.account}
      value={account?.id ?? ''}
      onChange={({ currentTarget: { value } }) =>
        value === NEW_TEAM
          ? void navigate({ to: '/new-team' })
          : void navigate({ to: '/accounts/$account', params: { account: value } })
      }
    >
      {account === null && <option value="">–</option>}
      {accounts.map((one) => (
        <option key={one.id} value={one.id}>
          {name(one)}
        </option>
      ))}
      <option value={NEW_TEAM}>{words.newTeam}</option>
    </select>
  );
}

function ThemeSwitch() {
  const [scheme, setScheme] = useState<Scheme>(readScheme);
  useEffect(() => {
    applyScheme(scheme);
    const media = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => applyScheme(scheme);
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [scheme]);
  const next = { auto: 'light', light: 'dark', dark: 'auto' } as const;
  const Icon = { auto: SunMoon, light: Sun, dark: Moon }[scheme];
  const turn = () => {
    writeScheme(next[scheme]);
    setScheme(next[scheme]);
  };
  return (
    <button
      type="button"
      className={styles.iconButton}
      aria-label={words.theme[scheme]}
      title={words.theme[scheme]}
      onClick={turn}
    >
      <Icon size={18} aria-hidden="true" />
    </button>
  );
}

interface Place {
  readonly to: string;
  readonly label: string;
  readonly icon?: ReactNode;
}

function Navigation({
  account,
  isAdministrator,
  pathname,
}: {
  account: Account | null;
  isAdministrator: boolean;
  pathname: string;
}) {
  const base = account === null ? null : `/accounts/${account.id}`;
  const isHome = (path: string): boolean => pathname === '/' || pathname === path;
  const main: Place[] =
    base === null
      ? []
      : [
          { to: base, label: words.home, icon: <House size={18} aria-hidden="true" /> },
          { to: `${base}/keys`, label: words.keys, icon: <KeyRound size={18} aria-hidden="true" /> },
          ...(account?.kind === 'team'
            ? [
                { to: `${base}/members`, label: words.members, icon: <Users size={18} aria-hidden="true" /> },
                ...(hasRole(account, 'admin')
                  ? [{ to: `${base}/settings`, label: words.teamSettings, icon: <Building2 size={18} aria-hidden="true" /> }]
                  : []),
              ]
            : []),
          { to: `${base}/audit`, label: words.audit, icon: <ScrollText size={18} aria-hidden="true" /> },
          ...(isAdministrator ? [{ to: '/operator', label: words.operator, icon: <Wrench size={18} aria-hidden="true" /> }] : []),
        ];
  const isSettings = pathname.startsWith('/settings');
  const isOperator = pathname.startsWith('/operator') && isAdministrator;
  return (
    <div className={styles.side}>
      <NavList
        label={words.mainNavigation}
        places={main}
        isActive={(to) => (to === base ? isHome(to) : isWithin(pathname, to))}
      />
      {isSettings && <NavList label={words.settingsNavigation} places={SETTINGS} isActive={(to) => isWithin(pathname, to)} />}
      {isOperator && <NavList label={words.operatorNavigation} places={OPERATOR} isActive={(to) => isWithin(pathname, to)} />}
    </div>
  );
}

const isWithin = (pathname: string, to: string): boolean => pathname === to || pathname.startsWith(`${to}/`);

const SETTINGS: readonly Place[] = [
  { to: '/settings/profile', label: words.profile },
  { to: '/settings/security', label: words.security },
  { to: '/settings/developers', label: words.developers },
];

const OPERATOR: readonly Place[] = [
  { to: '/operator/users', label: words.users },
  { to: '/operator/accounts', label: words.accounts },
  { to: '/operator/permissions', label: words.permissions },
  { to: '/operator/routes', label: words.routes },
  { to: '/operator/signing-keys', label: words.signingKeys },
  { to: '/operator/mails', label: words.mails },
  { to: '/operator/limits', label: words.limits },
  { to: '/operator/health', label: words.health, icon: <Activity size={18} aria-hidden="true" /> },
  { to: '/operator/audit', label: words.wholeAudit },
  { to: '/operator/brand', label: words.brand },
].map(({ to, label }) => ({ to, label }));

function NavList({ label, places, isActive }: { label: string; places: readonly Place[]; isActive: (to: string) => boolean }) {
  return (
    <nav aria-label={label} className={styles.nav}>
      {label !== words.mainNavigation && <p className={styles.navTitle}>{label}</p>}
      <ul>
        {places.map(({ to, label: name, icon }) => (
          <li key={to}>
            <Link to={to} className={styles.navLink} aria-current={isActive(to) ? 'page' : undefined}>
              {icon}
              <span>{name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Unverified({ email }: { email: string }) {
  const send = useMutation({ mutationFn: () => ask('POST /verify-email/send') });
  return (
    <div className={styles.banner} role="status">
      <span>{send.isSuccess ? words.sent : words.unverified(email)}</span>
      {!send.isSuccess && (
        <button type="button" className={styles.bannerButton} disabled={send.isPending} onClick={() => send.mutate()}>
          {words.sendAgain}
        </button>
      )}
    </div>
  );
}

function Offline() {
  const isOnline = useSyncExternalStore(
    (changed) => {
      window.addEventListener('online', changed);
      window.addEventListener('offline', changed);
      return () => {
        window.removeEventListener('online', changed);
        window.removeEventListener('offline', changed);
      };
    },
    () => navigator.onLine,
  );
  return isOnline ? null : (
    <div className={styles.banner} role="status">
      {words.offline}
    </div>
  );
}

/** Asked once more after the mutation of somebody's name or team. */
export const useForgetMe = () => {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ['me'] });
};
