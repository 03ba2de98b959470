/** One line that shows the current value, and opens to change it. */
import { Collapse, UnstyledButton } from '@mantine/core';
import { ChevronDown } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import classes from './fold.module.css';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly opened: boolean;
  readonly onToggle: () => void;
  readonly children: ReactNode;
}

export function Fold({ label, value, opened, onToggle, children }: Props) {
  const id = useId();
  return (
    <div className={classes.fold}>
      <UnstyledButton className={classes.foldLine ?? ''} aria-expanded={opened} aria-controls={id} onClick={onToggle}>
        <span className={classes.foldLabel}>{label}</span>
        <span className={classes.foldValue}>{value}</span>
        <ChevronDown size={16} aria-hidden="true" className={classes.foldMark} data-opened={opened || undefined} />
      </UnstyledButton>
      <Collapse expanded={opened} id={id}>
        <div className={classes.foldBody}>{children}</div>
      </Collapse>
    </div>
  );
}
