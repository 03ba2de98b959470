/** The controls in the header of a wide page and in the menu of a narrow one. */
import { useMantineColorScheme } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ChevronsUpDown, LogOut, Moon, Sun, SunMoon } from 'lucide-react';
import { type Account, leave, useMe } from '../kit/session.ts';
import { ask } from '../lib/ask.ts';
import styles from './layout.module.css';
import { words } from './words.ts';

interface ButtonProps {
  /** With its name next to the icon. */
  readonly isNamed?: boolean;
}

export function LogOutButton({ isNamed = false }: ButtonProps) {
  const logOut = useMutation({ mutationFn: () => ask('POST /log-out'), onSuccess: leave });
  return (
    <button
      type="button"
      className={styles.iconButton}
      aria-label={words.logOut}
      title={words.logOut}
      disabled={logOut.isPending}
      onClick={() => logOut.mutate()}
    >
      <LogOut size={18} aria-hidden="true" />
      {isNamed && <span>{words.logOut}</span>}
    </button>
  );
}

const NEW_TEAM = 'new-team';

/** A plain select: it works with every keyboard, screen reader and phone. */
export function Switcher({ account, onGone }: { account: Account | null; onGone?: () => void }) {
  const accounts = useMe().data?.accounts ?? [];
  const navigate = useNavigate();
  const go = (value: string) => {
    onGone?.();
    return value === NEW_TEAM
      ? navigate({ to: '/new-team' })
      : navigate({ to: '/accounts/$account', params: { account: value } });
  };
  return (
    <div className={styles.switcher}>
      <select aria-label={words.account} value={account?.id ?? ''} onChange={(event) => void go(event.currentTarget.value)}>
        {account === null && <option value="">–</option>}
        {accounts.map(({ id, kind, name }) => (
          <option key={id} value={id}>
            {kind === 'team' ? name : words.accountKinds[kind]}
          </option>
        ))}
        <option value={NEW_TEAM}>{words.newTeam}</option>
      </select>
      <ChevronsUpDown size={14} aria-hidden="true" />
    </div>
  );
}

const NEXT = { auto: 'light', light: 'dark', dark: 'auto' } as const;
const ICONS = { auto: SunMoon, light: Sun, dark: Moon } as const;

/** Like the system, light, dark; remembered by Mantine in this browser. */
export function ThemeSwitch({ isNamed = false }: ButtonProps) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = ICONS[colorScheme];
  return (
    <button
      type="button"
      className={styles.iconButton}
      aria-label={words.theme[colorScheme]}
      title={words.theme[colorScheme]}
      onClick={() => setColorScheme(NEXT[colorScheme])}
    >
      <Icon size={18} aria-hidden="true" />
      {isNamed && <span>{words.theme[colorScheme]}</span>}
    </button>
  );
}
