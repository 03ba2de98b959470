/** If the window has no room for the navigation: one button, and a drawer with all links. */
import { MenuIcon, X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { LogOutButton, Switcher, ThemeSwitch } from './controls.tsx';
import styles from './layout.module.css';
import { type NavigationProps, WholeNavigation } from './Navigation.tsx';
import { labelOf, pathOf } from './navigation-entries.ts';
import { words } from './words.ts';

export function Menu(props: NavigationProps) {
  const { account, pathname } = props;
  const [opened, setOpened] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpened = useRef(false);
  const id = useId();
  const close = () => setOpened(false);
  // Back to where it was opened. A page that was opened takes the focus afterwards (`Layout`).
  useEffect(() => {
    if (wasOpened.current && !opened) button.current?.focus();
    wasOpened.current = opened;
  }, [opened]);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={styles.menuButton}
        aria-label={words.menuAt(labelOf(pathOf(pathname), account))}
        aria-haspopup="dialog"
        aria-expanded={opened}
        aria-controls={opened ? id : undefined}
        onClick={() => setOpened(true)}
      >
        <MenuIcon size={18} aria-hidden="true" />
        <span>{words.menu}</span>
      </button>
      {opened && (
        <Drawer id={id} onClose={close}>
          <div className={styles.menuTop}>
            <Switcher account={account} onGone={close} />
          </div>
          <WholeNavigation {...props} onGone={close} />
          <div className={styles.menuEnd}>
            <ThemeSwitch isNamed />
            <LogOutButton isNamed />
          </div>
        </Drawer>
      )}
    </>
  );
}

interface DrawerProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The browser's own dialog: nothing behind it can be reached, and Escape closes it. */
function Drawer({ id, onClose, children }: DrawerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      id={id}
      className={styles.drawer}
      aria-label={words.menu}
      onClose={onClose}
      onKeyDown={(event) => event.key === 'Tab' && goRound(event)}
      onPointerDown={(event) => event.target === dialog.current && onClose()}
    >
      <div className={styles.drawerContent}>
        <div className={styles.drawerHead}>
          <span className={styles.drawerTitle}>{words.menu}</span>
          <button type="button" className={styles.iconButton} aria-label={words.closeMenu} onClick={onClose}>
            <X size={18} aria-hidden="true" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

/** From the last to the first, and back: the browser's own dialog would go on to the address bar. */
function goRound(event: KeyboardEvent<HTMLDialogElement>): void {
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('a, button, select')];
  const [end, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  if (document.activeElement !== end) return;
  event.preventDefault();
  other?.focus();
}
