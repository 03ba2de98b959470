/** The frame around every page. Its parts are in this folder: the header, the banners, the navigation. */
import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { useMemberships } from '../kit/membership.ts';
import { Part } from '../kit/part.tsx';
import { useAccount, useMe } from '../kit/session.ts';
import { Lost } from './Banners.tsx';
import { Header } from './Header.tsx';
import styles from './layout.module.css';
import { Navigation } from './Navigation.tsx';
import { useIsNarrow } from './narrow.ts';
import { words } from './words.ts';

const Unverified = lazy(async () => ({ default: (await import('./rare-banners.tsx')).Unverified }));
const Suspended = lazy(async () => ({ default: (await import('./rare-banners.tsx')).Suspended }));

export function Layout() {
  useMemberships();
  const account = useAccount() ?? null;
  const { data: me } = useMe();
  const user = me?.user;
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const isAdministrator = user?.administrator ?? false;
  const isNarrow = useIsNarrow();
  const main = useRef<HTMLElement>(null);
  // A new page begins at its top, for screen readers too.
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
      <Part>
        <Header account={account} isAdministrator={isAdministrator} pathname={pathname} />
      </Part>
      <Lost />
      <Suspense>
        {user !== undefined && !user.email_verified && <Unverified email={user.email} sendsMail={me?.sends_mail ?? false} />}
        {account !== null && account.suspension !== null && <Suspended account={account} />}
      </Suspense>
      <div className={styles.body}>
        {!isNarrow && (
          <Part>
            <Navigation account={account} isAdministrator={isAdministrator} pathname={pathname} />
          </Part>
        )}
        <main id="content" ref={main} tabIndex={-1} className={styles.main}>
          <Outlet />
        </main>
      </div>
    </div>
  );
}
