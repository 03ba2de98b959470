/** One word about a thing, in a colour that only repeats what the word says. */
import type { ReactNode } from 'react';
import type { Account } from '../app/session.ts';
import styles from './badge.module.css';
import { words } from './words.ts';

export function StateBadge({ tone = 'plain', children }: { tone?: 'plain' | 'good' | 'warn' | 'danger'; children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  );
}

export const RoleBadge = ({ role }: { role: Account['role'] }) => <StateBadge>{words.roles[role]}</StateBadge>;
