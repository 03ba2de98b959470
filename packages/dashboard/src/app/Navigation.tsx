/** The lists of links: at the side of a wide page, in the menu of a narrow one. */
import { Link } from '@tanstack/react-router';
import type { Account } from '../kit/session.ts';
import styles from './layout.module.css';
import {
  ADMINISTRATION,
  entriesOf,
  isCurrent,
  isWithin,
  type NavigationEntry,
  pathOf,
  SETTINGS,
  TO_ADMINISTRATION,
} from './navigation-entries.ts';
import { words } from './words.ts';

export interface NavigationProps {
  readonly account: Account | null;
  readonly isAdministrator: boolean;
  /** As the browser shows it, `/dashboard` included. */
  readonly pathname: string;
}

/** The lists for the current place. */
export function Navigation({ account, isAdministrator, pathname }: NavigationProps) {
  const here = pathOf(pathname);
  const main = isAdministrator ? [...entriesOf(account), TO_ADMINISTRATION] : entriesOf(account);
  return (
    <div className={styles.side}>
      <List label={words.mainNavigation} entries={main} here={here} />
      {isWithin(here, '/settings') && <List label={words.settingsNavigation} entries={SETTINGS} here={here} isTitled />}
      {isWithin(here, '/operator') && isAdministrator && (
        <List label={words.administration} entries={ADMINISTRATION} here={here} isTitled />
      )}
    </div>
  );
}

/** All lists, whatever the current place: a menu is opened to go elsewhere. */
export function WholeNavigation({ account, isAdministrator, pathname, onGone }: NavigationProps & { onGone: () => void }) {
  const here = pathOf(pathname);
  return (
    <>
      <List label={words.mainNavigation} entries={entriesOf(account)} here={here} onGone={onGone} />
      <List label={words.settingsNavigation} entries={SETTINGS} here={here} onGone={onGone} isTitled />
      {isAdministrator && <List label={words.administration} entries={ADMINISTRATION} here={here} onGone={onGone} isTitled />}
    </>
  );
}

interface ListProps {
  readonly label: string;
  readonly entries: readonly NavigationEntry[];
  readonly here: string;
  readonly isTitled?: boolean;
  /** A link was followed, possibly one to the current page. */
  readonly onGone?: () => void;
}

const List = ({ label, entries, here, isTitled = false, onGone }: ListProps) => (
  <nav aria-label={label} className={styles.nav}>
    {isTitled && <p className={styles.navTitle}>{label}</p>}
    <ul>
      {entries.map(({ to, label: name, icon: Icon }) => (
        <li key={to}>
          <Link
            to={to}
            // The current place is decided here.
            activeOptions={{ exact: true }}
            className={styles.navLink}
            onClick={onGone}
            aria-current={isCurrent(here, to) ? 'page' : undefined}
          >
            {Icon !== undefined && <Icon size={18} aria-hidden="true" />}
            <span>{name}</span>
          </Link>
        </li>
      ))}
    </ul>
  </nav>
);
