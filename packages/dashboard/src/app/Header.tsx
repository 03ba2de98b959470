/** Whose place this is, which account the pages are about, the person's own settings, and the way out. */
import { useMantineColorScheme } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ChevronsUpDown, KeyRound, LogOut, Moon, Settings, Sun, SunMoon } from 'lucide-react';
import { useBrand } from '../kit/brand.ts';
import { ask } from '../lib/ask.ts';
import styles from './layout.module.css';
import { type Account, leave, useMe } from './session.ts';
import { words } from './words.ts';

export function Header({ account }: { account: Account | null }) {
  const { name, logo_url } = useBrand();
  const logOut = useMutation({ mutationFn: () => ask('POST /log-out'), onSuccess: leave });
  return (
    <header className={styles.header}>
      <div className={styles.headerRow}>
        <Link to="/" className={styles.brand}>
          {logo_url === null ? <KeyRound size={20} aria-hidden="true" /> : <img src={logo_url} alt="" className={styles.logo} />}
          <span>{name}</span>
        </Link>
        <Switcher account={account} />
        <div className={styles.headerEnd}>
          <Link to="/settings/profile" className={styles.headerLink}>
            <Settings size={18} aria-hidden="true" />
            <span>{words.accountSettings}</span>
          </Link>
          <ThemeSwitch />
          <button
            type="button"
            className={styles.iconButton}
            aria-label={words.logOut}
            title={words.logOut}
            disabled={logOut.isPending}
            onClick={() => logOut.mutate()}
          >
            <LogOut size={18} aria-hidden="true" />
          </button>
        </div>
      </div>
    </header>
  );
}

const NEW_TEAM = 'new-team';

/** A plain select: it works with every keyboard, screen reader and telephone. */
function Switcher({ account }: { account: Account | null }) {
  const accounts = useMe().data?.accounts ?? [];
  const navigate = useNavigate();
  const go = (value: string) =>
    value === NEW_TEAM ? navigate({ to: '/new-team' }) : navigate({ to: '/accounts/$account', params: { account: value } });
  return (
    <div className={styles.switcher}>
      <select aria-label={words.account} value={account?.id ?? ''} onChange={(event) => void go(event.currentTarget.value)}>
        {account === null && <option value="">–</option>}
        {accounts.map(({ id, kind, name }) => (
          <option key={id} value={id}>
            {kind === 'personal' ? words.personal : name}
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

/** As the system has it, light, dark; remembered by Mantine in this browser. */
function ThemeSwitch() {
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
    </button>
  );
}
