/** One of several things of the same kind: what it is, and what can be done with it. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './rows.module.css';

interface Props {
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

export const Rows = ({ label, children }: { label: string; children: ReactNode }) => (
  <ul className={classes.rows} aria-label={label}>
    {children}
  </ul>
);

export function Row({ title, children, actions }: Props) {
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.title}>{title}</div>
        <Text size="sm" c="dimmed" component="div">
          {children}
        </Text>
      </div>
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
    </li>
  );
}
