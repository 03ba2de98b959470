/** The operator's name, the account that the pages are about, the user's own settings, and signing out. */
import { Link } from '@tanstack/react-router';
import { KeyRound, Settings } from 'lucide-react';
import { useBrand } from '../kit/brand.ts';
import { LogOutButton, Switcher, ThemeSwitch } from './controls.tsx';
import styles from './layout.module.css';
import { Menu } from './Menu.tsx';
import type { NavigationProps } from './Navigation.tsx';
import { useIsNarrow } from './narrow.ts';
import { words } from './words.ts';

export function Header(props: NavigationProps) {
  const { name, logo_url } = useBrand();
  const isNarrow = useIsNarrow();
  return (
    <header className={styles.header}>
      <div className={styles.headerRow}>
        <Link to="/" className={styles.brand}>
          {logo_url === null ? <KeyRound size={20} aria-hidden="true" /> : <img src={logo_url} alt="" className={styles.logo} />}
          <span>{name}</span>
        </Link>
        {!isNarrow && <Switcher account={props.account} />}
        <div className={styles.headerEnd}>
          <Link to="/settings/profile" className={styles.headerLink} title={words.accountSettings}>
            <Settings size={18} aria-hidden="true" />
            <span>{words.accountSettings}</span>
          </Link>
          {isNarrow ? (
            <Menu {...props} />
          ) : (
            <>
              <ThemeSwitch />
              <LogOutButton />
            </>
          )}
        </div>
      </div>
    </header>
  );
}
